import { type AIMessageChunk, mergeUsageMetadata, type UsageMetadata } from '@langchain/core/messages'
import type { PricedUsage } from '../../db/domain/pricing.ts'
import { responseModel, toldUsage } from '../instrument/usage.ts'
import { mayHaveBeenTaken } from './retry.ts'
import { estimateTokens } from './tokens.ts'

/** What one call used, by the parts of its answer as they come. */
export class CallUsage {
  /** The model that the provider says it answered with. */
  answeredBy: string | undefined
  private told: UsageMetadata | undefined
  private answer = ''
  private isSent = false
  private readonly inputTokens: number

  /** `inputTokens` as we counted them, for where the provider does not tell. */
  constructor(inputTokens: number) {
    this.inputTokens = inputTokens
  }

  /** From here on the provider may take the call. */
  send() {
    this.isSent = true
  }

  add(chunk: AIMessageChunk, text: string) {
    this.answeredBy ??= responseModel(chunk)
    if (chunk.usage_metadata) this.told = mergeUsageMetadata(this.told, chunk.usage_metadata)
    this.answer += text + (chunk.tool_call_chunks ?? []).map(({ args }) => args ?? '').join('')
  }

  /**
   * What the provider told, at the end of a whole answer. Of one that broke off or was cut off by `fault` an estimate;
   * nothing of a call that was not sent, or that the provider refused or never got.
   */
  total(fault?: unknown): PricedUsage | undefined {
    const told = toldUsage(this.told)
    if (!this.isSent) return undefined
    if (fault !== undefined && !told && this.answer === '' && !mayHaveBeenTaken(fault)) return undefined
    const isWhole = fault === undefined && told !== undefined
    return {
      inputTokens: told?.input_tokens || this.inputTokens,
      outputTokens: isWhole ? told.output_tokens : Math.max(told?.output_tokens ?? 0, estimateTokens(this.answer)),
      cacheReadTokens: told?.input_token_details?.cache_read ?? 0,
      cacheWriteTokens: told?.input_token_details?.cache_creation ?? 0,
      // Runs ask for neither a cache for an hour nor audio.
      cacheWrite1hTokens: 0,
      reasoningTokens: told?.output_token_details?.reasoning ?? 0,
      inputAudioTokens: 0,
      outputAudioTokens: 0,
    }
  }
}
