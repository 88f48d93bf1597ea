import { type Json, readJson } from './json.ts'
import { findMedia, mediaToken } from './media.ts'

/** Columns of a span that hold what went in and out. */
export const payloadFields = ['input', 'output', 'toolArguments', 'toolResult', 'params'] as const
export type PayloadField = (typeof payloadFields)[number]
type Payloads = Record<PayloadField, string>
type Whole = Payloads & {
  statusMessage: string
  attributes: Record<string, string>
  resource: Record<string, string>
  events: { attributes: Record<string, string> }[]
}

/** Characters of one payload that a page gets; the rest is there to be fetched. */
const mostShown = 262_144
const plainShown = 65_536
const textShown = 16_384

/** Of what is shown in part, the length of the whole; attributes by `attributes.<key>`. */
export type Cuts = { [place: string]: number }
export const attributePlace = (key: string) => `attributes.${key}`

/**
 * A span as a page shows it: media in base64 give way to what stands for them, and a payload of many characters to its
 * beginning, as do long attributes. JSON stays JSON: there the long texts in it are cut, each by itself.
 */
export function viewOfPayloads<Span extends Whole>(span: Span): Span & { cuts: Cuts } {
  const cuts: Cuts = {}
  const shown: Partial<Payloads> = {}
  for (const field of payloadFields) {
    const text = withoutMedia(span[field], field)
    shown[field] = text.length <= mostShown ? text : cut(text)
    if (text.length > mostShown) cuts[field] = span[field].length
  }
  const attributes = shortAttributes(span.attributes, cuts)
  const resource = shortAttributes(span.resource)
  const events = span.events.map(event => ({ ...event, attributes: shortAttributes(event.attributes) }))
  const statusMessage = shortText(span.statusMessage)
  return { ...span, ...shown, statusMessage, attributes, resource, events, cuts }
}

/** Values are JSON texts, and stay such. */
function shortAttributes(attributes: Record<string, string>, cuts?: Cuts): Record<string, string> {
  const long = Object.keys(attributes).filter(key => (attributes[key] ?? '').length > textShown)
  if (long.length === 0) return attributes
  const short = { ...attributes }
  for (const key of long) {
    const whole = attributes[key] ?? ''
    const value = readJson(whole)
    short[key] = JSON.stringify(shortText(typeof value === 'string' ? value : whole))
    if (cuts) cuts[attributePlace(key)] = whole.length
  }
  return short
}

const shortText = (text: string) => (text.length > textShown ? beginningOf(text, textShown) : text)
const beginningOf = (text: string, length: number) =>
  `${text.slice(0, length)}… (cut here, of ${text.length.toLocaleString('en')} characters)`

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
  if (typeof value !== 'object' || value === null) return beginningOf(text, plainShown)
  const short = JSON.stringify(shorten(value))
  return short.length <= 2 * mostShown ? short : beginningOf(text, plainShown)
}

function shorten(value: Json): Json {
  if (typeof value === 'string') return shortText(value)
  if (Array.isArray(value)) return value.map(shorten)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, shorten(inner)]))
}
