import { type AIMessage, AIMessageChunk, AIMessage as Message, type UsageMetadata } from '@langchain/core/messages'
import type { LLMResult } from '@langchain/core/outputs'
import type { Attributes } from '@opentelemetry/api'
import { estimateTokens } from '../inference/tokens.ts'

/** The message a chat model answered with. `llmOutput` is not read: streamed calls leave it without counts. */
export function firstMessage(output: LLMResult): AIMessage | undefined {
  const [generation] = output.generations[0] ?? []
  const message = generation && 'message' in generation ? generation.message : undefined
  return Message.isInstance(message) || AIMessageChunk.isInstance(message) ? (message as AIMessage) : undefined
}

/** What the provider tells of usage. Some servers that speak another's API tell nothing, others zeros: that is nothing. */
export const toldUsage = (usage: UsageMetadata | undefined) =>
  usage && (usage.input_tokens > 0 || usage.output_tokens > 0) ? usage : undefined

export type UsedTokens = { input_tokens: number; output_tokens: number; estimated?: boolean }

/** Tokens as estimated by what went in and came out. */
export const estimateUsage = (input: string, output: string): UsedTokens => ({
  input_tokens: estimateTokens(input),
  output_tokens: estimateTokens(output),
  estimated: true,
})

/** What a whole answer used: as the provider tells, else an estimate. */
export function usedBy(message: AIMessage, input: string): UsedTokens {
  const told = toldUsage(message.usage_metadata)
  if (told) return { input_tokens: told.input_tokens, output_tokens: told.output_tokens }
  const calls = message.tool_calls?.map(({ name, args }) => name + JSON.stringify(args)) ?? []
  return estimateUsage(input, message.text + calls.join(''))
}

/** Token counts by the GenAI conventions: input includes cached tokens, output includes reasoning. */
export function usageAttributes(
  { input_tokens, output_tokens, estimated }: UsedTokens,
  message?: AIMessage,
): Attributes {
  const { cache_read, cache_creation } = message?.usage_metadata?.input_token_details ?? {}
  const { reasoning } = message?.usage_metadata?.output_token_details ?? {}
  return {
    'gen_ai.usage.input_tokens': input_tokens,
    'gen_ai.usage.output_tokens': output_tokens,
    ...(cache_read && { 'gen_ai.usage.cache_read.input_tokens': cache_read }),
    ...(cache_creation && { 'gen_ai.usage.cache_creation.input_tokens': cache_creation }),
    ...(reasoning && { 'gen_ai.usage.reasoning.output_tokens': reasoning }),
    ...(estimated && { 'davylamp.usage.estimated': true }),
  }
}

/** The model that the provider says it answered with; streamed chunks may have joined their texts. */
export function responseModel({ response_metadata: told }: Pick<AIMessage, 'response_metadata'>): string | undefined {
  const name = told?.model_name ?? told?.model
  return typeof name === 'string' && name ? name : undefined
}

export function finishReasons({ response_metadata: told }: Pick<AIMessage, 'response_metadata'>): string[] {
  const reason = told?.finish_reason ?? told?.stop_reason ?? told?.done_reason
  return typeof reason === 'string' && reason ? [reason] : []
}
