import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { budgetsOf, budgetWithoutRoom, largestBudgetUsd, mostNanoUsd } from '../../../db/domain/budget.ts'
import { costNanoUsd, type Price, type PricedUsage } from '../../../db/domain/pricing.ts'

const none = { budgetUsdPerDay: null, userBudgetUsdPerDay: null }

describe('the budgets of a run', () => {
  it('are none where the project sets none', () => {
    expect(budgetsOf(none, 'ada')).toBeUndefined()
  })

  it('are whole numbers of 1e-9 dollars', () => {
    expect(budgetsOf({ budgetUsdPerDay: 12.34, userBudgetUsdPerDay: 0.0001 }, 'ada')).toEqual({
      project: 12_340_000_000,
      user: 100_000,
    })
    const { project } = budgetsOf({ ...none, budgetUsdPerDay: largestBudgetUsd }, null) ?? {}
    expect(Number.isSafeInteger(project)).toBe(true)
  })

  it('leave out the user’s where the run has no user', () => {
    expect(budgetsOf({ ...none, userBudgetUsdPerDay: 1 }, null)).toBeUndefined()
    expect(budgetsOf({ budgetUsdPerDay: 2, userBudgetUsdPerDay: 1 }, null)).toEqual({ project: 2e9, user: null })
  })
})

describe('the room of budgets', () => {
  it.each([
    ['all that is left', { project: 100, user: 50 }, { project: 90, user: 40 }, 10, undefined],
    ['one too many for the project', { project: 100, user: 50 }, { project: 91, user: 0 }, 10, 'project'],
    ['one too many for the user', { project: 100, user: 50 }, { project: 0, user: 41 }, 10, 'user'],
    ['too many for both', { project: 100, user: 50 }, { project: 100, user: 50 }, 1, 'project'],
    ['anything, with no budget of the project', { project: null, user: 50 }, { project: 1e12, user: 0 }, 50, undefined],
    ['anything, with no budget of the user', { project: 50, user: null }, { project: 0, user: 1e12 }, 50, undefined],
    ['a budget made smaller than what is spent', { project: 10, user: null }, { project: 20, user: 0 }, 1, 'project'],
  ] as const)('%s', (_, budgets, spent, nanoUsd, expected) => {
    expect(budgetWithoutRoom(budgets, spent, nanoUsd)).toBe(expected)
  })
})

const price = (more: Partial<Price>): Price => ({
  version: 'test@1',
  provider: 'openai',
  model: 'm',
  pattern: { equals: 'm' },
  validFrom: null,
  validTo: null,
  hours: null,
  input: 2,
  output: 8,
  cacheRead: null,
  cacheWrite: null,
  cacheWrite1h: null,
  inputAudio: null,
  outputAudio: null,
  reasoning: null,
  perThousandRequests: null,
  tiers: [],
  ...more,
})
const most = (row: Price, tokens = { inputTokens: 1_000, outputTokens: 500 }) =>
  mostNanoUsd(usage => costNanoUsd(row, usage), tokens)

describe('the most that a call can cost', () => {
  it('is all of its input and the longest answer', () => {
    expect(most(price({}))).toBe(2_000_000 + 4_000_000)
  })

  it.each([
    ['dearer reasoning', price({ reasoning: 20 }), 2_000_000 + 10_000_000],
    ['writing to a cache', price({ cacheWrite: 2.5 }), 2_500_000 + 4_000_000],
    ['both', price({ cacheWrite: 2.5, reasoning: 20 }), 2_500_000 + 10_000_000],
    ['a price for each request', price({ perThousandRequests: 10 }), 10_000_000 + 6_000_000],
    ['the tier of long inputs', price({ tiers: [{ above: 900, input: 4 }] }), 4_000_000 + 4_000_000],
    ['nothing less for cached input', price({ cacheRead: 0.2 }), 6_000_000],
  ])('counts %s', (_, row, expected) => {
    expect(most(row)).toBe(expected)
  })

  it('is 0 for what is free and not known where a price is missing', () => {
    expect(most(price({ input: 0, output: 0 }))).toBe(0)
    expect(most(price({ output: null }))).toBeUndefined()
    expect(mostNanoUsd(() => undefined, { inputTokens: 1, outputTokens: 1 })).toBeUndefined()
  })

  it('is no less than any call of so many tokens costs', () => {
    const rate = fc.integer({ min: 0, max: 100 })
    const rates = fc.record({ input: rate, output: rate, cacheRead: rate, cacheWrite: rate, reasoning: rate })
    const shares = fc.tuple(...Array.from({ length: 5 }, () => fc.double({ min: 0, max: 1, noNaN: true })))
    fc.assert(
      fc.property(rates, shares, (given, [input, output, read, write, reasoning]) => {
        // A cache is read for less than the input costs, or it were none.
        const row = price({ ...given, cacheRead: Math.min(given.cacheRead, given.input) })
        const inputTokens = Math.floor(1_000 * input!)
        const outputTokens = Math.floor(500 * output!)
        const cacheReadTokens = Math.floor(inputTokens * read!)
        const usage: PricedUsage = {
          inputTokens,
          outputTokens,
          cacheReadTokens,
          cacheWriteTokens: Math.floor((inputTokens - cacheReadTokens) * write!),
          reasoningTokens: Math.floor(outputTokens * reasoning!),
          cacheWrite1hTokens: 0,
          inputAudioTokens: 0,
          outputAudioTokens: 0,
        }
        expect(Number(costNanoUsd(row, usage))).toBeLessThanOrEqual(most(row) ?? -1)
      }),
    )
  })
})
