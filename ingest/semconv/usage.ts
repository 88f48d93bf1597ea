import type { FoundColumns } from './find-columns.ts'
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
export function usageOf(found: FoundColumns): Usage {
  const details = usageDetails(found)
  const tokens = (column: keyof Usage) => count(found.value(column)) || (details?.[column] ?? 0)
  const inputTokens = tokens('inputTokens')
  const outputTokens = tokens('outputTokens')
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
