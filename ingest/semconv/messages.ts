import { stringOf } from '../../db/byte-writer.ts'
import { listOf } from '../otlp/attributes.ts'
import { jsonText } from '../otlp/json-of-value.ts'
import type { Attributes, AttributeValue, OtlpEvent, OtlpSpan } from '../otlp/request.ts'
import { columns } from './columns.ts'
import type { FoundColumns } from './find-columns.ts'
import { firstPayload, noPayload, type Payload, payloadAt } from './payload.ts'
import { unflatten } from './unflatten.ts'
import { fromJson, text } from './values.ts'

const openInference = ['message', 'tool_call', 'message_content', 'image', 'prompt', 'document', 'embedding']
const details = 'gen_ai.client.inference.operation.details'

/** What went into a span, whole: messages as JSON, a JSON value or plain text. The first source that has any wins. */
export function inputOf(span: OtlpSpan, found: FoundColumns): Payload {
  const { attributes, events } = span
  const { list } = found
  if (found.key('input') === undefined && !mayHold(span, found, ['llm.prompts', 'gen_ai.system_instructions']))
    return noPayload
  const { davylamp, openinference, traceloop, vercel, langfuse } = columns.input
  return (
    firstPayload(list, davylamp) ??
    messagesWithInstructions(found) ??
    inputFromDetails(events) ??
    fromMessageEvents(events) ??
    payloadAt(list, 'gen_ai.prompt') ??
    flattened(attributes, found, 'llm.input_messages') ??
    flattened(attributes, found, 'llm.prompts') ??
    payloadAt(list, 'llm.prompts') ??
    firstPayload(list, openinference) ??
    flattened(attributes, found, 'gen_ai.prompt') ??
    firstPayload(list, traceloop) ??
    firstPayload(list, vercel) ??
    firstPayload(list, langfuse) ??
    instructionsAlone(found) ??
    fromEvent(events, 'gen_ai.content.prompt', 'gen_ai.prompt') ??
    noPayload
  )
}

/** What came out of a span, in the same forms. */
export function outputOf(span: OtlpSpan, found: FoundColumns): Payload {
  const { attributes, events } = span
  const { list } = found
  if (found.key('output') === undefined && !mayHold(span, found, vercelKeys)) return noPayload
  const { davylamp, openinference, traceloop, vercel, langfuse } = columns.output
  return (
    firstPayload(list, davylamp) ??
    payloadAt(list, 'gen_ai.output.messages') ??
    fromEvent(events, details, 'gen_ai.output.messages') ??
    fromChoiceEvents(events) ??
    payloadAt(list, 'gen_ai.completion') ??
    flattened(attributes, found, 'llm.output_messages') ??
    firstPayload(list, openinference) ??
    flattened(attributes, found, 'retrieval.documents') ??
    flattened(attributes, found, 'gen_ai.completion') ??
    firstPayload(list, traceloop) ??
    vercelAnswer(attributes) ??
    firstPayload(list, vercel) ??
    firstPayload(list, langfuse) ??
    fromEvent(events, 'gen_ai.content.completion', 'gen_ai.completion') ??
    noPayload
  )
}

/** Whether a span without an attribute of the table's row may have a payload all the same: most have not. */
const mayHold = ({ attributes, events }: OtlpSpan, found: FoundColumns, keys: readonly string[]) =>
  events.length > 0 || found.lists.size > 0 || keys.some(key => attributes.has(key))

function flattened(attributes: Attributes, found: FoundColumns, prefix: string): Payload | undefined {
  const taken = found.lists.get(prefix)
  return taken && { text: unflatten(attributes, prefix, taken, openInference), taken }
}

/** The system's instructions, which the conventions keep apart, become the first message. */
function messagesWithInstructions(found: FoundColumns): Payload | undefined {
  const messages = payloadAt(found.list, 'gen_ai.input.messages')
  const instructions = messages && instructionsIn(text(found.value('systemInstructions')))
  const list = instructions && fromJson(stringOf(messages.text))
  if (!Array.isArray(list)) return messages
  const taken = ['gen_ai.input.messages', 'gen_ai.system_instructions']
  return { text: JSON.stringify([instructions, ...list]), taken }
}

function instructionsAlone(found: FoundColumns): Payload | undefined {
  const instructions = instructionsIn(text(found.value('systemInstructions')))
  const taken = ['gen_ai.system_instructions']
  return instructions && { text: JSON.stringify([instructions]), taken }
}

/** The system's instructions as the message that they are. */
function instructionsIn(said: string) {
  if (said === '') return undefined
  const parts = fromJson(said)
  return { role: 'system', parts: Array.isArray(parts) ? parts : [{ type: 'text', content: said }] }
}

/** What went into an operation, by the event that tells its details; '' when that tells nothing. */
export function inputOfDetails({ attributes }: OtlpEvent): string {
  const messages = text(attributes.get('gen_ai.input.messages'))
  const instructions = instructionsIn(text(attributes.get('gen_ai.system_instructions')))
  if (!instructions) return messages
  const list = messages === '' ? [] : fromJson(messages)
  return Array.isArray(list) ? JSON.stringify([instructions, ...list]) : messages
}

function inputFromDetails(events: OtlpEvent[]): Payload | undefined {
  const instructed = events.find(
    ({ name, attributes }) => name === details && attributes.has('gen_ai.system_instructions'),
  )
  if (!instructed) return fromEvent(events, details, 'gen_ai.input.messages')
  const input = inputOfDetails(instructed)
  return input === '' ? undefined : { text: input, taken: [] }
}

function fromEvent(events: OtlpEvent[], name: string, key: string): Payload | undefined {
  for (const event of events) {
    if (event.name !== name || !event.attributes.has(key)) continue
    const payload = payloadAt(listOf(event.attributes), key)
    return payload && { text: payload.text, taken: [] }
  }
  return undefined
}

const messageRoles = new Map(['system', 'user', 'assistant', 'tool'].map(role => [`gen_ai.${role}.message`, role]))

/** The events of the older conventions, a message each. */
function fromMessageEvents(events: OtlpEvent[]): Payload | undefined {
  if (events.length === 0) return undefined
  const messages = events.flatMap(event => {
    const role = messageRoles.get(event.name)
    return role ? [eventMessage(event, role)] : []
  })
  return messages.length > 0 ? { text: `[${messages.join(',')}]`, taken: [] } : undefined
}

function fromChoiceEvents(events: OtlpEvent[]): Payload | undefined {
  if (events.length === 0) return undefined
  const choices = events.filter(event => event.name === 'gen_ai.choice')
  return choices.length > 0
    ? { text: `[${choices.map(event => eventMessage(event, 'assistant')).join(',')}]`, taken: [] }
    : undefined
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
  const fields = new Map<string, AttributeValue>([['role', role]])
  for (const [key, value] of attributes)
    if (!key.startsWith('gen_ai.') && !key.startsWith('event.')) fields.set(key, value)
  const message = fields.get('message')
  if (message instanceof Map) {
    fields.delete('message')
    for (const [key, value] of message) fields.set(key, value)
  }
  return jsonText(fields)
}

const vercelKeys = ['ai.response.reasoning', 'ai.response.toolCalls', 'ai.result.reasoning', 'ai.result.toolCalls']

/** The AI SDK tells text, reasoning and tool calls apart: with more than text, they become one message. */
function vercelAnswer(attributes: Attributes): Payload | undefined {
  const within = attributes.has('ai.response.text') || !attributes.has('ai.result.text') ? 'ai.response' : 'ai.result'
  const calls = fromJson(text(attributes.get(`${within}.toolCalls`)))
  const reasoning = text(attributes.get(`${within}.reasoning`))
  const answer = text(attributes.get(`${within}.text`))
  const toolCalls = Array.isArray(calls) ? calls : []
  if (toolCalls.length === 0 && reasoning === '') return undefined
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
