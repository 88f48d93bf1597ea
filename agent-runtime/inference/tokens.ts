import { type BaseMessage, ToolMessage } from '@langchain/core/messages'
import { answerRoom } from '../../db/domain/model-size.ts'
import type { Model } from './models.ts'

/** What to do when messages do not fit: shorten the longest tool results, or refuse. */
export type OverflowPolicy = 'trim' | 'refuse'

/** Messages that do not fit the model, after what the policy allows. */
export class OverflowError extends Error {
  override name = 'OverflowError'
}

// Tokenisers give about 4 bytes of English a token and fewer of other scripts; 3.5 errs on the side of too many.
const bytesPerToken = 3.5
const perMessage = 6

export const estimateTokens = (text: string) => Math.ceil(Buffer.byteLength(text) / bytesPerToken)

export function countTokens(messages: BaseMessage[], tools: unknown[] = []): number {
  const own = messages.map(message => perMessage + estimateTokens(textOf(message)))
  return own.reduce((sum, n) => sum + n, 0) + (tools.length > 0 ? estimateTokens(JSON.stringify(tools)) : 0)
}

/** The messages as they fit the model's window beside its answer. Throws OverflowError when they cannot be made to. */
export function fitMessages(
  messages: BaseMessage[],
  tools: unknown[],
  model: Model,
  policy: OverflowPolicy,
): BaseMessage[] {
  const room = model.contextWindow - answerRoom(model)
  const over = countTokens(messages, tools) - room
  if (over <= 0) return messages
  const trimmed = policy === 'trim' ? shortenResults(messages, over) : messages
  const left = countTokens(trimmed, tools)
  if (left > room)
    throw new OverflowError(
      `the conversation of about ${left} tokens does not fit the ${room} that ${model.name} takes in`,
    )
  return trimmed
}

const shortest = 400

/** Takes `over` tokens out of the tool results, the longest first; what is cut is said in its place. */
function shortenResults(messages: BaseMessage[], over: number): BaseMessage[] {
  const byLength = messages
    .map((message, i) => ({ i, text: ToolMessage.isInstance(message) ? textOf(message) : '' }))
    .sort((a, b) => b.text.length - a.text.length)
  const made = [...messages]
  let excess = over + 20
  for (const { i, text } of byLength) {
    const message = messages[i]
    if (excess <= 0 || text.length <= shortest || !ToolMessage.isInstance(message)) break
    const keep = Math.max(shortest, text.length - Math.ceil(excess * bytesPerToken) - 60)
    const content = `${text.slice(0, keep)}\n[${text.length - keep} characters left out to fit the model]`
    excess -= estimateTokens(text) - estimateTokens(content)
    made[i] = new ToolMessage({ content, tool_call_id: message.tool_call_id, name: message.name })
  }
  return made
}

function textOf(message: BaseMessage): string {
  const calls = 'tool_calls' in message && Array.isArray(message.tool_calls) ? JSON.stringify(message.tool_calls) : ''
  return (typeof message.content === 'string' ? message.content : JSON.stringify(message.content)) + calls
}
