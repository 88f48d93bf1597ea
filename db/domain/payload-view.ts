import { type Json, readJson } from './json.ts'
import { findMedia, mediaToken } from './media.ts'

/** Columns of a span that hold what went in and out. */
export const payloadFields = ['input', 'output', 'toolArguments', 'toolResult', 'params'] as const
export type PayloadField = (typeof payloadFields)[number]
type Payloads = Record<PayloadField, string>

/** Characters of one payload that a page gets; the rest is there to be fetched. */
const mostShown = 262_144
const plainShown = 65_536
const textShown = 16_384

/** Of a payload that is shown in part, the length of the whole. */
export type Cuts = { [field in PayloadField]?: number }

/**
 * A span as a page shows it: media in base64 give way to what stands for them, and a payload of many characters to its
 * beginning. JSON stays JSON: there the long texts in it are cut, each by itself. Nothing else is changed.
 */
export function viewOfPayloads<Span extends Payloads>(span: Span): Span & { cuts: Cuts } {
  const cuts: Cuts = {}
  const shown: Partial<Payloads> = {}
  for (const field of payloadFields) {
    const text = withoutMedia(span[field], field)
    shown[field] = text.length <= mostShown ? text : cut(text)
    if (text.length > mostShown) cuts[field] = span[field].length
  }
  return { ...span, ...shown, cuts }
}

function withoutMedia(text: string, field: PayloadField): string {
  const media = findMedia(text)
  if (media.length === 0) return text
  const pieces: string[] = []
  let done = 0
  for (const [at, { from, to, type, bytes }] of media.entries()) {
    pieces.push(text.slice(done, from), mediaToken({ field, at, type, bytes }))
    done = to
  }
  return pieces.join('') + text.slice(done)
}

function cut(text: string): string {
  const value = readJson(text)
  if (typeof value !== 'object' || value === null) return `${text.slice(0, plainShown)}…`
  const short = JSON.stringify(shorten(value))
  return short.length <= 2 * mostShown ? short : `${text.slice(0, plainShown)}…`
}

function shorten(value: Json): Json {
  if (typeof value === 'string') return value.length > textShown ? `${value.slice(0, textShown)}…` : value
  if (Array.isArray(value)) return value.map(shorten)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, shorten(inner)]))
}
