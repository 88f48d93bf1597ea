import { type AIMessage, AIMessageChunk, AIMessage as Message } from '@langchain/core/messages'
import type { LLMResult } from '@langchain/core/outputs'
import type { Attributes } from '@opentelemetry/api'

/** The message a chat model answered with. `llmOutput` is not read: streamed calls leave it without counts. */
export function firstMessage(output: LLMResult): AIMessage | undefined {
  const [generation] = output.generations[0] ?? []
  const message = generation && 'message' in generation ? generation.message : undefined
  return Message.isInstance(message) || AIMessageChunk.isInstance(message) ? (message as AIMessage) : undefined
}

/** Token counts by the GenAI conventions: input includes cached tokens, output includes reasoning. */
export function usageAttributes({ usage_metadata: usage }: AIMessage): Attributes {
  if (!usage) return {}
  const { cache_read, cache_creation } = usage.input_token_details ?? {}
  const { reasoning } = usage.output_token_details ?? {}
  return {
    'gen_ai.usage.input_tokens': usage.input_tokens,
    'gen_ai.usage.output_tokens': usage.output_tokens,
    ...(cache_read && { 'gen_ai.usage.cache_read.input_tokens': cache_read }),
    ...(cache_creation && { 'gen_ai.usage.cache_creation.input_tokens': cache_creation }),
    ...(reasoning && { 'gen_ai.usage.reasoning.output_tokens': reasoning }),
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
