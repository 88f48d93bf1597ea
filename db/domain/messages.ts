import { type Json, readJson } from './json.ts'
import { readMediaToken } from './media.ts'

/** What a model was told or said, whatever library wrote it down. Texts are whole; arguments and results are as sent. */
export type MessagePart =
  | { type: 'text'; text: string }
  | { type: 'reasoning'; text: string }
  | { type: 'tool_call'; id: string; name: string; arguments: string }
  | { type: 'tool_result'; id: string; name: string; result: string }
  /** An image, audio or file: where it is, if told (a URL, or what stands for bytes within the span); never its bytes. */
  | { type: 'media'; media: string; url: string }
  | { type: 'json'; text: string }

export type MessageRole = 'system' | 'user' | 'assistant' | 'tool'
export type Message = { role: MessageRole; name: string; parts: MessagePart[] }

type Fields = { [key: string]: Json }

/**
 * Reads messages as OpenTelemetry GenAI, OpenAI (chat and responses), Anthropic, OpenInference, LangChain, Vercel AI SDK
 * and Gemini write them. Plain text, and JSON that is none of these, is one message of the role `from`. Never throws;
 * '' has no messages.
 */
export function readMessages(text: string, from: MessageRole): Message[] {
  if (text.trim() === '') return []
  const value = readJson(text)
  if (typeof value !== 'object' || value === null) {
    return [{ role: from, name: '', parts: [{ type: 'text', text: typeof value === 'string' ? value : text }] }]
  }
  const list = messageList(value)
  const messages = list && readList(list, from)
  if (messages) return messages
  return [{ role: from, name: '', parts: [{ type: 'json', text }] }]
}

/** Keys under which libraries wrap their messages. */
const wrappers = ['messages', 'choices', 'contents', 'candidates', 'generations', 'output']

function messageList(value: Json): Json[] | undefined {
  if (Array.isArray(value)) return batchOfOne(value)
  if (!isFields(value)) return undefined
  for (const key of wrappers) {
    const inner = value[key]
    if (!Array.isArray(inner)) continue
    const list = batchOfOne(inner)
    const system = value.system ?? value.system_instruction ?? value.instructions
    return system === undefined || system === null ? list : [{ role: 'system', content: system }, ...list]
  }
  return [value]
}

const batchOfOne = (list: Json[]) => (list.length === 1 && Array.isArray(list[0]) ? list[0] : list)

/** Undefined when something in the list is no message: then the whole is shown as the JSON it is. */
function readList(list: Json[], from: MessageRole): Message[] | undefined {
  const messages: Message[] = []
  // Parts that stand in no message (OpenAI responses, OTel system instructions): neighbours of one role are one.
  let loose: Message | undefined
  for (const item of list) {
    const message = readMessage(item, from)
    const part = message ? undefined : readPart(item)
    if (!message && !part) return undefined
    if (part && loose && loose.role === (roleOfPart[part.type] ?? from)) {
      loose.parts.push(part)
      continue
    }
    loose = part && { role: roleOfPart[part.type] ?? from, name: '', parts: [part] }
    messages.push((message ?? loose)!)
  }
  return messages.length > 0 ? messages : undefined
}

const roleOfPart: { [type in MessagePart['type']]?: MessageRole } = {
  reasoning: 'assistant',
  tool_call: 'assistant',
  tool_result: 'tool',
}

function readMessage(item: Json, from: MessageRole): Message | undefined {
  if (!isFields(item)) return undefined
  const fields = unwrap(item)
  const role = readRole(fields)
  const bare = role === undefined && ('tool_calls' in fields || (!('type' in fields) && isContent(fields.content)))
  if (role === undefined && !bare) return undefined
  const parts = messageParts(fields, role ?? from)
  return parts && { role: role ?? from, name: string(fields.name), parts }
}

/** OpenInference's and OpenAI's `{ message }`, LangChain's constructors and stored messages. */
function unwrap(fields: Fields): Fields {
  for (const key of ['message', 'kwargs', 'data']) {
    const inner = fields[key]
    if (isFields(inner) && !('role' in fields) && !('content' in fields)) {
      const type = key === 'kwargs' ? constructorName(fields.id) : fields.type
      return type === undefined || key === 'message' ? inner : { ...inner, type: inner.type ?? type }
    }
  }
  return isFields(fields.content) && 'parts' in fields.content ? { ...fields.content, ...pick(fields, 'role') } : fields
}

const constructorName = (id: Json | undefined) => (Array.isArray(id) ? id.at(-1) : undefined)

const roles: Record<string, MessageRole> = {
  system: 'system',
  developer: 'system',
  systemmessage: 'system',
  user: 'user',
  human: 'user',
  humanmessage: 'user',
  assistant: 'assistant',
  ai: 'assistant',
  model: 'assistant',
  aimessage: 'assistant',
  aimessagechunk: 'assistant',
  tool: 'tool',
  function: 'tool',
  toolmessage: 'tool',
}

function readRole(fields: Fields): MessageRole | undefined {
  const named = fields.role ?? (isContent(fields.content) || 'tool_calls' in fields ? fields.type : undefined)
  return typeof named === 'string' ? roles[named.toLowerCase()] : undefined
}

const isContent = (value: Json | undefined) => typeof value === 'string' || Array.isArray(value)

function messageParts(fields: Fields, role: MessageRole): MessagePart[] | undefined {
  const parts: MessagePart[] = []
  for (const key of ['reasoning_content', 'reasoning']) {
    const text = fields[key]
    if (typeof text === 'string' && text !== '') parts.push({ type: 'reasoning', text })
  }
  const result = role === 'tool' && ('tool_call_id' in fields || typeof fields.content === 'string')
  const content = fields.parts ?? fields.contents ?? fields.content
  if (result && fields.parts === undefined) {
    const id = string(fields.tool_call_id)
    const blocks = contentParts(content)
    const text = blocks?.every(part => part.type === 'text') ? blocks.map(part => part.text).join('\n') : whole(content)
    const isWrapped = blocks?.some(part => part.type === 'tool_result')
    parts.push(
      ...(isWrapped ? blocks! : [{ type: 'tool_result' as const, id, name: string(fields.name), result: text }]),
    )
  } else parts.push(...(contentParts(content) ?? [{ type: 'json' as const, text: whole(content) }]))
  for (const call of [fields.tool_calls, fields.function_call].flat()) {
    if (!isFields(call)) continue
    const part = toolCall(isFields(call.tool_call) ? call.tool_call : call)
    if (part && !parts.some(other => other.type === 'tool_call' && other.id !== '' && other.id === part.id))
      parts.push(part)
  }
  return parts
}

/** The parts of a message's content; undefined when it is of no known form. */
function contentParts(content: Json | undefined): MessagePart[] | undefined {
  if (content === undefined || content === null || content === '') return []
  if (typeof content === 'string') return [{ type: 'text', text: content }]
  if (!Array.isArray(content)) return undefined
  return content.map(block => readPart(block) ?? { type: 'json', text: whole(block) })
}

const textTypes = new Set(['text', 'input_text', 'output_text', 'refusal', 'text_delta'])
const reasoningTypes = new Set(['reasoning', 'thinking', 'redacted_thinking', 'summary_text'])
const callTypes = new Set([
  'tool_call',
  'tool_use',
  'tool-call',
  'function_call',
  'server_tool_call',
  'server_tool_use',
])
const resultTypes = new Set([
  'tool_call_response',
  'tool_result',
  'tool-result',
  'function_call_output',
  'server_tool_call_response',
])
const mediaTypes = /^(input_)?(image|audio|video|file|document|blob|uri|media)(_url)?$/

function readPart(item: Json): MessagePart | undefined {
  if (typeof item === 'string') return { type: 'text', text: item }
  if (!isFields(item)) return undefined
  const block = isFields(item.message_content) ? item.message_content : item
  const type = string(block.type).toLowerCase()
  if (textTypes.has(type)) return { type: 'text', text: string(block.text ?? block.content ?? block.refusal) }
  if (reasoningTypes.has(type)) return { type: 'reasoning', text: reasoningText(block) }
  if (callTypes.has(type)) return toolCall(block)
  if (resultTypes.has(type)) return toolResult(block)
  if (mediaTypes.test(type)) return media(block, type)
  return type === '' ? geminiPart(block) : undefined
}

function geminiPart(block: Fields): MessagePart | undefined {
  if (typeof block.text === 'string') {
    return block.thought === true ? { type: 'reasoning', text: block.text } : { type: 'text', text: block.text }
  }
  const call = block.functionCall ?? block.function_call
  if (isFields(call)) return toolCall(call)
  const response = block.functionResponse ?? block.function_response
  if (isFields(response)) return toolResult(response)
  const data = block.inlineData ?? block.inline_data ?? block.fileData ?? block.file_data
  return isFields(data) ? media(data, 'file') : undefined
}

/** Every library's spelling of a call: the first that is there. */
function toolCall(block: Fields): (MessagePart & { type: 'tool_call' }) | undefined {
  const call = isFields(block.function) ? block.function : block
  const name = string(call.name ?? call.toolName ?? call.tool_name)
  const given = call.arguments ?? call.args ?? call.input ?? call.parameters
  const id = string(block.call_id ?? block.id ?? block.toolCallId ?? block.tool_call_id)
  return name === '' && id === '' ? undefined : { type: 'tool_call', id, name, arguments: whole(given) }
}

function toolResult(block: Fields): MessagePart {
  const given = block.response ?? block.result ?? block.output ?? block.content
  const texts = Array.isArray(given) ? contentParts(given) : undefined
  const result =
    texts?.length && texts.every(part => part.type === 'text') ? texts.map(part => part.text).join('\n') : whole(given)
  const id = string(block.call_id ?? block.tool_use_id ?? block.toolCallId ?? block.tool_call_id ?? block.id)
  return { type: 'tool_result', id, name: string(block.name ?? block.toolName), result }
}

function reasoningText(block: Fields): string {
  const text = block.content ?? block.text ?? block.thinking ?? block.reasoning
  if (typeof text === 'string') return text
  const steps = Array.isArray(block.summary) ? block.summary : Array.isArray(text) ? text : []
  return steps.map(step => (isFields(step) ? string(step.text) : string(step))).join('\n\n')
}

function media(block: Fields, type: string): MessagePart {
  const source = [block.image_url, block.source, block.image, block.file, block.input_audio].find(isFields) ?? block
  const places = [source.url, source.uri, source.fileUri, source.file_uri, block.image_url, source.file_id]
  const inline = [source.data, block.data, block.content, block.image, block.file].filter(
    value => readMediaToken(string(value)) !== undefined,
  )
  const url = [...places, ...inline].find(value => typeof value === 'string' && !value.startsWith('data:'))
  const mime = source.mime_type ?? source.mimeType ?? source.media_type ?? block.modality
  return { type: 'media', media: string(mime) || type.replace(/^input_|_url$/g, ''), url: string(url) }
}

function isFields(value: Json | undefined): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

const pick = (fields: Fields, key: string): Fields => (fields[key] === undefined ? {} : { [key]: fields[key] })
const string = (value: Json | undefined) =>
  typeof value === 'string' ? value : typeof value === 'number' ? String(value) : ''
const whole = (value: Json | undefined) =>
  value === undefined || value === null ? '' : typeof value === 'string' ? value : JSON.stringify(value)
