import { describe, expect, it } from 'vitest'
import { costNanoUsd, findPrices, matches, type Price, type PriceList, priceAt } from '../../../db/domain/pricing.ts'
import cases from '../../cases/pricing.json' with { type: 'json' }

const row = (provider: string, model: string, rates: Partial<Price>): Price => ({
  version: 'test',
  provider,
  model,
  pattern: { or: [{ equals: model }, { starts_with: `${model}-20` }] },
  validFrom: null,
  validTo: null,
  hours: null,
  input: null,
  output: null,
  cacheRead: null,
  cacheWrite: null,
  cacheWrite1h: null,
  inputAudio: null,
  outputAudio: null,
  reasoning: null,
  perThousandRequests: null,
  tiers: [],
  ...rates,
})
const provider = (name: string, rest = {}) => ({
  provider: name,
  providerMatch: { contains: name },
  modelMatch: null,
  fallbacks: [],
  ...rest,
})

const list: PriceList = {
  providers: [
    provider('anthropic', { modelMatch: { contains: 'claude' } }),
    provider('aws', { providerMatch: { contains: 'bedrock' } }),
    provider('azure', { providerMatch: null, fallbacks: ['openai'] }),
    provider('google', { providerMatch: { or: [{ contains: 'google' }, { contains: 'vertex' }] } }),
    provider('openai', { modelMatch: { starts_with: 'gpt-' } }),
    provider('plain'),
  ],
  prices: [
    row('openai', 'gpt-4o', { input: 2.5, output: 10, cacheRead: 1.25 }),
    row('openai', 'text-embedding-3-small', { input: 0.02 }),
    row('aws', 'claude-sonnet-4', { pattern: { contains: 'anthropic.claude-sonnet-4' }, input: 3.3 }),
    row('openai', 'dated', { pattern: { equals: 'dated-2024-08-06' }, input: 7 }),
    row('anthropic', 'claude-sonnet-4', { input: 3, output: 15, cacheRead: 0.3, cacheWrite: 3.75, cacheWrite1h: 6 }),
    row('google', 'gemini-2.5-pro', {
      input: 1.25,
      output: 10,
      tiers: [{ above: 200_000, input: 2.5, output: 15 }],
    }),
    row('plain', 'plain-1', { input: 1, output: 1 }),
    row('plain', 'speech', {
      input: 2,
      output: 8,
      inputAudio: 40,
      outputAudio: 80,
      tiers: [{ above: 2_000_000, input: 4, inputAudio: 50 }],
    }),
    row('plain', 'by-call', { input: 1, perThousandRequests: 5 }),
    row('plain', 'changing', { input: 4 }),
    row('plain', 'changing', { input: 3, validFrom: new Date('2025-06-01') }),
    row('plain', 'by-night', { input: 2 }),
    row('plain', 'by-night', { input: 1, hours: { from: 22 * 3600, to: 6 * 3600 } }),
    row('plain', 'embed', { input: 0.1 }),
  ],
}

type Bucket =
  | 'input'
  | 'output'
  | 'cacheRead'
  | 'cacheWrite'
  | 'cacheWrite1h'
  | 'reasoning'
  | 'inputAudio'
  | 'outputAudio'
type Case = {
  name: string
  provider: string
  model: string
  at?: string
  usage: Partial<Record<Bucket, number>>
  usd: number | null
}

describe('what a call costs', () => {
  it.each(cases as Case[])('$name', ({ provider, model, at = '2025-06-01T12:00:00Z', usage, usd }) => {
    const price = priceAt(findPrices(list, { provider, model }), new Date(at))
    const cost =
      price &&
      costNanoUsd(price, {
        inputTokens: usage.input ?? 0,
        outputTokens: usage.output ?? 0,
        cacheReadTokens: usage.cacheRead ?? 0,
        cacheWriteTokens: usage.cacheWrite ?? 0,
        reasoningTokens: usage.reasoning ?? 0,
        cacheWrite1hTokens: usage.cacheWrite1h ?? 0,
        inputAudioTokens: usage.inputAudio ?? 0,
        outputAudioTokens: usage.outputAudio ?? 0,
      })
    expect(cost).toBe(usd === null ? undefined : BigInt(Math.round(usd * 1e9)))
  })
})

it.each([
  [{ equals: 'A' }, 'a', true],
  [{ equals: 'a' }, 'ab', false],
  [{ starts_with: 'a' }, 'ab', true],
  [{ ends_with: 'b' }, 'ab', true],
  [{ contains: 'b' }, 'abc', true],
  [{ regex: '^o[134]' }, 'o3-mini', true],
  [{ regex: '^o[134]' }, 'gpt-o3', false],
  [{ and: [{ contains: 'a' }, { contains: 'z' }] }, 'ab', false],
  [{ or: [{ contains: 'z' }, { contains: 'a' }] }, 'ab', true],
])('matches %j with %s: %s', (pattern, name, expected) => {
  expect(matches(pattern, name)).toBe(expected)
})
