import type { SpanKind } from '../../db/domain/span.ts'
import type { FoundColumns } from './find-columns.ts'
import { providerUsage } from './provider-usage.ts'
import { usageDetails } from './usage-details.ts'
import { count } from './values.ts'

export type Usage = {
  inputTokens: number
  outputTokens: number
  cacheReadTokens: number
  cacheWriteTokens: number
  reasoningTokens: number
}

/**
 * Tokens in the one canon: input includes cached, output includes reasoning. Where a part is larger than the whole, the
 * source counted it apart, and it is added.
 */
export function usageOf(found: FoundColumns, kind: SpanKind): Usage {
  const details = usageDetails(found)
  // Around a call stands the usage of all its steps, with the metadata of the last one.
  const passedOn = kind === 'llm' ? providerUsage(found, count(found.value('inputTokens'))) : undefined
  const tokens = (column: keyof Usage) => count(found.value(column)) || (details?.[column] ?? passedOn?.[column] ?? 0)
  const inputTokens = count(Math.max(tokens('inputTokens'), passedOn?.inputTokens ?? 0))
  const outputTokens = count(Math.max(tokens('outputTokens'), passedOn?.outputTokens ?? 0))
  const cacheReadTokens = tokens('cacheReadTokens')
  const cacheWriteTokens = tokens('cacheWriteTokens')
  const reasoningTokens = tokens('reasoningTokens')
  const cached = cacheReadTokens + cacheWriteTokens
  return {
    inputTokens: cached > inputTokens ? count(inputTokens + cached) : inputTokens,
    outputTokens: reasoningTokens > outputTokens ? count(outputTokens + reasoningTokens) : outputTokens,
    cacheReadTokens,
    cacheWriteTokens,
    reasoningTokens,
  }
}
