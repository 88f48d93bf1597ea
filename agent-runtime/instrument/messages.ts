import { AIMessage, BaseMessage, ToolMessage } from '@langchain/core/messages'

type Part =
  | { type: 'text'; content: string }
  | { type: 'reasoning'; content: string }
  | { type: 'tool_call'; id?: string; name: string; arguments: unknown }
  | { type: 'tool_call_response'; id: string; response: unknown }
type GenAiMessage = { role: string; parts: Part[]; finish_reason?: string }

const roles: Record<string, string> = {
  human: 'user',
  ai: 'assistant',
  tool: 'tool',
  system: 'system',
  developer: 'system',
}

/** Messages as OpenTelemetry's GenAI conventions write them, in JSON: instructions apart from the conversation. */
export function inputMessages(messages: BaseMessage[]): { instructions?: string; input: string } {
  const made = messages.map(toGenAi)
  const system = made.filter(({ role }) => role === 'system').flatMap(({ parts }) => parts)
  return {
    ...(system.length > 0 && { instructions: JSON.stringify(system) }),
    input: JSON.stringify(made.filter(({ role }) => role !== 'system')),
  }
}

export function outputMessages(message: BaseMessage, finishReason?: string): string {
  return JSON.stringify([{ ...toGenAi(message), ...(finishReason && { finish_reason: finishReason }) }])
}

function toGenAi(message: BaseMessage): GenAiMessage {
  const role = roles[message.getType()] ?? message.getType()
  if (ToolMessage.isInstance(message))
    return { role, parts: [{ type: 'tool_call_response', id: message.tool_call_id, response: message.content }] }
  const calls = AIMessage.isInstance(message) ? (message.tool_calls ?? []) : []
  return { role, parts: [...contentParts(message.content), ...calls.map(callPart)] }
}

const callPart = (call: { id?: string; name: string; args: unknown }): Part => ({
  type: 'tool_call',
  id: call.id,
  name: call.name,
  arguments: call.args,
})

function contentParts(content: BaseMessage['content']): Part[] {
  if (typeof content === 'string') return content ? [{ type: 'text', content }] : []
  return content.flatMap((part): Part[] => {
    if (part.type === 'text') return [{ type: 'text', content: String(part.text ?? '') }]
    if (part.type === 'thinking' || part.type === 'reasoning')
      return [{ type: 'reasoning', content: String(part.thinking ?? part.reasoning ?? '') }]
    // A tool call among the content is told by tool_calls; anything else is kept as it is.
    return part.type === 'tool_use' || part.type === 'tool_call'
      ? []
      : [{ type: 'text', content: JSON.stringify(part) }]
  })
}

/** A message's text, without reasoning and tool calls. */
export function textOf({ content }: Pick<BaseMessage, 'content'>): string {
  if (typeof content === 'string') return content
  return content.map(part => (part.type === 'text' ? String(part.text ?? '') : '')).join('')
}

/** What a tool answered, as a value where it is JSON. */
export function toolResult(output: unknown): unknown {
  const content = ToolMessage.isInstance(output) ? output.content : output
  if (typeof content !== 'string') return content
  try {
    return JSON.parse(content)
  } catch {
    return content
  }
}

/** A value as JSON that people can read: LangChain's messages without its wrapping. Texts stay as they are. */
export function jsonOf(value: unknown): string {
  if (typeof value === 'string') return value
  const plain = function (this: Record<string, unknown>, key: string, made: unknown) {
    const given = this[key]
    return BaseMessage.isInstance(given) ? toGenAi(given) : made
  }
  return JSON.stringify(value, plain) ?? ''
}

const isEmptyValue = (value: unknown) =>
  value === null ||
  value === undefined ||
  value === '' ||
  (Array.isArray(value) ? value.length === 0 : typeof value === 'object' && Object.keys(value).length === 0)

/** Whether a tool came back with nothing: an empty value, or an object whose only list has no rows. */
export function outcomeOf(result: unknown): 'ok' | 'empty' {
  if (isEmptyValue(result)) return 'empty'
  if (typeof result !== 'object' || result === null || Array.isArray(result)) return 'ok'
  const lists = Object.values(result).filter(Array.isArray)
  return lists.length > 0 && lists.every(list => list.length === 0) ? 'empty' : 'ok'
}
