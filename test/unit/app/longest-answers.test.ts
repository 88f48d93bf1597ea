import { expect, it } from 'vitest'
import { longestAnswers } from '../../../app/routes/settings-project/longest-answers.ts'
import type { CostOf } from '../../../db/costs.ts'

const model = 'openai/gpt-4o-2024-08-06'
const at = new Date('2026-03-01')
/** One dollar for a million tokens that are answered, two where they are reasoning. */
const costOf: CostOf = ({ outputTokens, reasoningTokens, model }) =>
  model.startsWith('free')
    ? { nanoUsd: 0n, priceVersion: '1' }
    : { nanoUsd: BigInt(1000 * (outputTokens + reasoningTokens)), priceVersion: '1' }
const none = { project: null, user: null }

it('is the dearest that a model may answer, and how often the smaller budget covers it', () => {
  const answer = { model, tokens: 16_384, nanoUsd: 32_768_000 }
  expect(longestAnswers([model], costOf, none, at)).toEqual([{ ...answer, aDay: null }])
  expect(longestAnswers([model], costOf, { project: 1e9, user: null }, at)).toEqual([{ ...answer, aDay: 30 }])
  expect(longestAnswers([model], costOf, { project: 1e9, user: 32_768_000 }, at)).toEqual([{ ...answer, aDay: 1 }])
  expect(longestAnswers([model], costOf, { project: 1e9, user: 32_767_999 }, at)).toEqual([{ ...answer, aDay: 0 }])
})

it('is refused without a price, any number where it costs nothing, and each model is told of once', () => {
  const budgets = { project: 1e9, user: null }
  expect(longestAnswers([model], () => undefined, budgets, at)).toMatchObject([{ nanoUsd: null, aDay: 0 }])
  expect(longestAnswers(['ollama/free:8b'], costOf, budgets, at)).toMatchObject([{ nanoUsd: 0, aDay: null }])
  expect(longestAnswers([model, model, 'openai/gpt-4o', 'nobody/x'], costOf, none, at)).toHaveLength(1)
})
