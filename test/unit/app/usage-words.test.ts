import { expect, it } from 'vitest'
import { costWords, hidesUsage, tokenWords } from '../../../app/routes/traces/usage-words.ts'

const trace = {
  inputTokens: 0,
  outputTokens: 0,
  costUsd: 0,
  callsOfUnknownCost: 0,
  callsOfUnknownUsage: 0,
  llmCalls: 0,
}
const told = { ...trace, inputTokens: 1_200, outputTokens: 300, llmCalls: 2 }

it.each([
  ['no model was called', trace, undefined, undefined],
  ['calls that tell no usage', { ...trace, llmCalls: 2, callsOfUnknownUsage: 2 }, 'unknown', 'unknown'],
  ['some that tell no usage', { ...told, costUsd: 0.5, callsOfUnknownUsage: 1 }, '1.5k +?', '$0.50 +?'],
  ['free ones, and one that tells no usage', { ...told, callsOfUnknownUsage: 1 }, '1.5k +?', 'unknown'],
  ['calls that tell their cost alone', { ...trace, llmCalls: 1, costUsd: 0.5 }, 'unknown', '$0.50'],
  ['calls of known price', { ...told, costUsd: 0.5 }, '1.5k', '$0.50'],
  ['calls that are free', told, '1.5k', '$0'],
  ['some of no known price', { ...told, costUsd: 0.5, callsOfUnknownCost: 1 }, '1.5k', '$0.50 +?'],
  ['none of known price', { ...told, callsOfUnknownCost: 2 }, '1.5k', 'unknown'],
])('%s', (_name, given, tokens, cost) => {
  expect(tokenWords(given)?.words).toBe(tokens)
  expect(costWords(given)?.words).toBe(cost)
})

it.each([
  ['an answer without usage', { kind: 'llm', status: 'ok', inputTokens: 0 }, true],
  ['an embedding without usage', { kind: 'embedding', status: 'unset', inputTokens: 0 }, true],
  ['a call that failed', { kind: 'llm', status: 'error', inputTokens: 0 }, false],
  ['an answer with usage', { kind: 'llm', status: 'ok', inputTokens: 1 }, false],
  ['an agent', { kind: 'agent', status: 'ok', inputTokens: 0 }, false],
])('%s', (_name, span, hides) => {
  expect(hidesUsage({ ...span, outputTokens: 0, costUsd: null })).toBe(hides)
})
