import type { PricedUsage } from '../../db/domain/pricing.ts'
import type { SpanKind } from '../../db/domain/span.ts'
import type { FoundColumns } from './find-columns.ts'
import { providerUsage } from './provider-usage.ts'
import { usageDetails } from './usage-details.ts'
import { count } from './values.ts'

/**
 * Tokens in the one canon: input includes cached and audio, output includes reasoning and audio. Where a part is larger
 * than the whole, the source counted it apart, and it is added.
 */
export function usageOf(found: FoundColumns, kind: SpanKind): PricedUsage {
  const details = usageDetails(found)
  // Around a call stands the usage of all its steps, with the metadata of the last one.
  const passedOn = kind === 'llm' ? providerUsage(found, count(found.value('inputTokens'))) : undefined
  const tokens = (column: keyof PricedUsage) =>
    count(found.value(column)) || (details?.[column] ?? passedOn?.[column] ?? 0)
  const inputTokens = count(Math.max(tokens('inputTokens'), passedOn?.inputTokens ?? 0))
  const outputTokens = count(Math.max(tokens('outputTokens'), passedOn?.outputTokens ?? 0))
  const cacheReadTokens = tokens('cacheReadTokens')
  const cacheWrite1hTokens = tokens('cacheWrite1hTokens')
  const cacheWriteTokens = Math.max(tokens('cacheWriteTokens'), cacheWrite1hTokens)
  const reasoningTokens = tokens('reasoningTokens')
  const inputAudioTokens = tokens('inputAudioTokens')
  const outputAudioTokens = tokens('outputAudioTokens')
  return {
    inputTokens: including(inputTokens, cacheReadTokens + cacheWriteTokens, inputAudioTokens),
    outputTokens: including(outputTokens, reasoningTokens, outputAudioTokens),
    cacheReadTokens,
    cacheWriteTokens,
    cacheWrite1hTokens,
    reasoningTokens,
    inputAudioTokens,
    outputAudioTokens,
  }
}

const including = (whole: number, ...parts: number[]) =>
  parts.reduce((sum, part) => (part > sum ? count(sum + part) : sum), whole)
