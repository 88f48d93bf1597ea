import type { Attributes, AttributeValue, OtlpEvent, OtlpSpan } from '../otlp/request.ts'
import { columns } from './columns.ts'
import type { FoundColumns } from './find-columns.ts'
import { type FlattenedLists, unflatten } from './unflatten.ts'
import { fromJson, jsonText, text } from './values.ts'

export type Payload = { text: string; taken: readonly string[] }

const none: Payload = { text: '', taken: [] }
const openInference = ['message', 'tool_call', 'message_content', 'image', 'prompt', 'document', 'embedding']
const details = 'gen_ai.client.inference.operation.details'

/** What went into a span, whole: messages as JSON, a JSON value or plain text. The first source that has any wins. */
export function inputOf(span: OtlpSpan, found: FoundColumns, lists: FlattenedLists): Payload {
  const { attributes, events } = span
  const { davylamp, openinference, traceloop, vercel, langfuse } = columns.input
  return first(
    () => given(attributes, davylamp),
    () => withInstructions(text(attributes.get('gen_ai.input.messages')), found),
    () => fromEvent(events, details, 'gen_ai.input.messages'),
    () => fromMessageEvents(events),
    () => given(attributes, ['gen_ai.prompt']),
    () => flattened(attributes, lists, 'llm.input_messages'),
    () => flattened(attributes, lists, 'llm.prompts'),
    () => given(attributes, ['llm.prompts', ...openinference]),
    () => flattened(attributes, lists, 'gen_ai.prompt'),
    () => given(attributes, traceloop),
    () => given(attributes, vercel),
    () => given(attributes, langfuse),
    () => instructionsAlone(found),
    () => fromEvent(events, 'gen_ai.content.prompt', 'gen_ai.prompt'),
  )
}

/** What came out of a span, in the same forms. */
export function outputOf(span: OtlpSpan, lists: FlattenedLists): Payload {
  const { attributes, events } = span
  const { davylamp, openinference, traceloop, vercel, langfuse } = columns.output
  return first(
    () => given(attributes, davylamp),
    () => given(attributes, ['gen_ai.output.messages']),
    () => fromEvent(events, details, 'gen_ai.output.messages'),
    () => fromChoiceEvents(events),
    () => given(attributes, ['gen_ai.completion']),
    () => flattened(attributes, lists, 'llm.output_messages'),
    () => given(attributes, openinference),
    () => flattened(attributes, lists, 'retrieval.documents'),
    () => flattened(attributes, lists, 'gen_ai.completion'),
    () => given(attributes, traceloop),
    () => vercelAnswer(attributes),
    () => given(attributes, vercel),
    () => given(attributes, langfuse),
    () => fromEvent(events, 'gen_ai.content.completion', 'gen_ai.completion'),
  )
}

function first(...sources: (() => Payload)[]): Payload {
  for (const source of sources) {
    const payload = source()
    if (payload.text !== '') return payload
  }
  return none
}

function flattened(attributes: Attributes, lists: FlattenedLists, prefix: string): Payload {
  const taken = lists.get(prefix)
  return taken ? { text: unflatten(attributes, prefix, taken, openInference), taken } : none
}

/** The first of these attributes that holds more than nothing. */
function given(attributes: Attributes, keys: readonly string[]): Payload {
  for (const key of keys) {
    const value = attributes.get(key)
    if (value !== undefined && value !== null && value !== '') return { text: text(value), taken: [key] }
  }
  return none
}

/** The system's instructions, which the conventions keep apart, become the first message. */
function withInstructions(messages: string, found: FoundColumns): Payload {
  const input = 'gen_ai.input.messages'
  if (messages === '') return none
  const instructions = instructionsOf(found)
  const list = instructions === undefined ? undefined : fromJson(messages)
  if (!Array.isArray(list)) return { text: messages, taken: [input] }
  const system = { role: 'system', parts: instructions }
  return { text: JSON.stringify([system, ...list]), taken: [input, 'gen_ai.system_instructions'] }
}

function instructionsAlone(found: FoundColumns): Payload {
  const parts = instructionsOf(found)
  const taken = ['gen_ai.system_instructions']
  return parts === undefined ? none : { text: JSON.stringify([{ role: 'system', parts }]), taken }
}

function instructionsOf(found: FoundColumns): unknown[] | undefined {
  const said = text(found.value('systemInstructions'))
  if (said === '') return undefined
  const parts = fromJson(said)
  return Array.isArray(parts) ? parts : [{ type: 'text', content: said }]
}

function fromEvent(events: OtlpEvent[], name: string, key: string): Payload {
  const event = events.find(event => event.name === name && event.attributes.has(key))
  return event ? { text: text(event.attributes.get(key)), taken: [] } : none
}

const messageRoles = new Map(['system', 'user', 'assistant', 'tool'].map(role => [`gen_ai.${role}.message`, role]))

/** The events of the older conventions, a message each. */
function fromMessageEvents(events: OtlpEvent[]): Payload {
  const messages = events.flatMap(event => {
    const role = messageRoles.get(event.name)
    return role ? [eventMessage(event, role)] : []
  })
  return messages.length > 0 ? { text: `[${messages.join(',')}]`, taken: [] } : none
}

function fromChoiceEvents(events: OtlpEvent[]): Payload {
  const choices = events.filter(event => event.name === 'gen_ai.choice')
  return choices.length > 0
    ? { text: `[${choices.map(event => eventMessage(event, 'assistant')).join(',')}]`, taken: [] }
    : none
}

/** What one message event says, as JSON, and on which side of its span; undefined when the event is no message. */
export function messageOfEvent(event: OtlpEvent): { side: 'input' | 'output'; text: string } | undefined {
  const role = messageRoles.get(event.name)
  if (role) return { side: 'input', text: eventMessage(event, role) }
  return event.name === 'gen_ai.choice' ? { side: 'output', text: eventMessage(event, 'assistant') } : undefined
}

/** An event's body stands in its attributes, or as JSON in one of them; a choice nests its message. */
function eventMessage({ attributes }: OtlpEvent, role: string): string {
  const body = attributes.get('gen_ai.event.content')
  const parsed = typeof body === 'string' ? fromJson(body) : undefined
  if (typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed)) {
    const inner = 'message' in parsed && typeof parsed.message === 'object' ? parsed.message : undefined
    return JSON.stringify({ role, ...parsed, ...inner, message: undefined })
  }
  const fields: Attributes = new Map<string, AttributeValue>([['role', role]])
  for (const [key, value] of attributes)
    if (!key.startsWith('gen_ai.') && !key.startsWith('event.')) fields.set(key, value)
  const message = fields.get('message')
  if (message instanceof Map) {
    fields.delete('message')
    for (const [key, value] of message) fields.set(key, value)
  }
  return jsonText(fields)
}

/** The AI SDK tells text, reasoning and tool calls apart: with more than text, they become one message. */
function vercelAnswer(attributes: Attributes): Payload {
  const within = attributes.has('ai.response.text') || !attributes.has('ai.result.text') ? 'ai.response' : 'ai.result'
  const calls = fromJson(text(attributes.get(`${within}.toolCalls`)))
  const reasoning = text(attributes.get(`${within}.reasoning`))
  const answer = text(attributes.get(`${within}.text`))
  const toolCalls = Array.isArray(calls) ? calls : []
  if (toolCalls.length === 0 && reasoning === '') return none
  const parts = [
    ...(reasoning === '' ? [] : [{ type: 'reasoning', content: reasoning }]),
    ...(answer === '' ? [] : [{ type: 'text', content: answer }]),
    ...toolCalls.map(vercelCall),
  ]
  const taken = [`${within}.text`, `${within}.reasoning`, ...(toolCalls.length > 0 ? [`${within}.toolCalls`] : [])]
  return { text: JSON.stringify([{ role: 'assistant', parts }]), taken }
}

function vercelCall(call: Record<string, unknown> | null) {
  return { type: 'tool_call', id: call?.toolCallId, name: call?.toolName, arguments: call?.input ?? call?.args }
}
