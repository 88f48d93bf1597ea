import type { ToolOutcome } from '../../db/domain/span.ts'
import { fromJson } from './values.ts'

/**
 * What came of a tool call. `result` is undefined when it was not recorded, which says nothing about it.
 * An answer of nothing ('', null, [], {}) is `empty`, and so is one whose lists all have zero rows.
 */
export function toolOutcome({ failed, result }: { failed: boolean; result: string | undefined }): ToolOutcome {
  if (failed) return 'error'
  if (result === undefined) return 'ok'
  const trimmed = result.trim()
  if (trimmed === '') return 'empty'
  if (!/^[[{"n]/.test(trimmed) || isPlainlyFull(trimmed)) return 'ok'
  const value = fromJson(trimmed)
  return value === undefined ? 'ok' : judge(value)
}

/** Nothing that could make it empty or an error stands in it: most results are not parsed to find that out. */
const isPlainlyFull = (text: string) => text.length > 100 && !telling.test(text)

/** An empty list, a field that tells, or a wrapper around all of it. */
const telling = /^"|\[\s*\]|"isError"|"tool_call_id"|^\{\s*"(output|outputs|result)"/

function judge(value: unknown): ToolOutcome {
  if (value === null || value === '') return 'empty'
  if (Array.isArray(value)) return value.length === 0 ? 'empty' : 'ok'
  if (typeof value !== 'object') return 'ok'
  const fields = Object.entries(value)
  if (fields.length === 0) return 'empty'
  if ('isError' in value && value.isError === true) return 'error'
  if ('tool_call_id' in value && 'content' in value) return toolMessage(value)
  const [only] = fields
  if (fields.length === 1 && only && wrappers.has(only[0])) return inner(only[1])
  return hasNoRows(fields) ? 'empty' : 'ok'
}

/** LangChain's runs and LangSmith keep a result that is no object under one such name. */
const wrappers = new Set(['output', 'outputs', 'result'])

/** LangChain's ToolMessage and OpenAI's tool message wrap the result as a text. */
function toolMessage(message: { content: unknown; status?: unknown }): ToolOutcome {
  if (message.status === 'error') return 'error'
  return inner(message.content)
}

const inner = (value: unknown): ToolOutcome =>
  typeof value === 'string' ? toolOutcome({ failed: false, result: value }) : judge(value)

/** `{ query: 'x', results: [], total: 0 }` has no rows; `{ name: 'Ann', tags: [] }` is a record that was found. */
function hasNoRows(fields: [string, unknown][]): boolean {
  let lists = 0
  for (const [key, value] of fields) {
    if (Array.isArray(value)) {
      if (value.length > 0) return false
      lists += 1
    } else if (typeof value === 'object' && value !== null) {
      if (Object.keys(value).length > 0 && !aboutTheCall.test(key)) return false
    } else if (typeof value === 'string' && value !== '' && !aboutTheCall.test(key)) return false
  }
  return lists > 0
}

/** Fields that repeat the question or tell about the call, and are no result by themselves. */
const aboutTheCall =
  /^(query|q|search|question|filters?|status|state|message|note|next|cursor|.*page.*|sort|order|type|object|kind|meta|metadata|.*(_id|Id|_token|Token|_at|At))$/
