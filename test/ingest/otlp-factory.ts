import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { type AttributeValue, emptySpan, type OtlpSpan } from '../../ingest/otlp/request.ts'

export type Plain = string | number | boolean | null | Plain[] | { [key: string]: Plain }

/** A plain value as the decoders give it. */
export function attributeValue(plain: Plain): AttributeValue {
  if (Array.isArray(plain)) return plain.map(attributeValue)
  return typeof plain === 'object' && plain !== null ? attributesOf(plain) : plain
}

export const attributesOf = (plain: Record<string, Plain>): Map<string, AttributeValue> =>
  new Map(Object.entries(plain).map(([key, value]) => [key, attributeValue(value)]))

export type PlainSpan = {
  name?: string
  attributes?: Record<string, Plain>
  events?: { name: string; attributes?: Record<string, Plain> }[]
  statusCode?: number
  statusMessage?: string
  kind?: number
}

export const startNs = 1_760_000_000_000_000_000n

export function otlpSpan({ attributes = {}, events = [], ...rest }: PlainSpan = {}): OtlpSpan {
  return {
    ...emptySpan(),
    traceId: 'a'.repeat(32),
    spanId: 'b'.repeat(16),
    name: 'a span',
    startNs,
    endNs: startNs + 1_000_000_000n,
    attributes: attributesOf(attributes),
    events: events.map(event => ({
      name: event.name,
      timeNs: startNs,
      attributes: attributesOf(event.attributes ?? {}),
    })),
    ...rest,
  }
}

/** A plain value as OTLP's JSON writes it. */
export function jsonValue(plain: Plain): object {
  if (plain === null) return {}
  if (Array.isArray(plain)) return { arrayValue: { values: plain.map(jsonValue) } }
  if (typeof plain === 'object') return { kvlistValue: { values: jsonAttributes(plain) } }
  if (typeof plain === 'string') return { stringValue: plain }
  if (typeof plain === 'boolean') return { boolValue: plain }
  return Number.isInteger(plain) ? { intValue: String(plain) } : { doubleValue: plain }
}

export const jsonAttributes = (plain: Record<string, Plain>) =>
  Object.entries(plain).map(([key, value]) => ({ key, value: jsonValue(value) }))

export const hex = (bytes: number) =>
  Array.from({ length: bytes * 2 }, () => Math.floor(Math.random() * 16).toString(16)).join('')

type JsonSpan = { attributes?: Record<string, Plain> } & Record<string, unknown>

/** One span in OTLP's JSON form; ids are random unless given. */
export function jsonSpan({ attributes = {}, ...rest }: JsonSpan = {}) {
  const now = Date.now()
  return {
    traceId: hex(16),
    spanId: hex(8),
    name: 'a span',
    startTimeUnixNano: `${now - 1000}000000`,
    endTimeUnixNano: `${now}000000`,
    attributes: jsonAttributes(attributes),
    ...rest,
  }
}

/** A whole request in OTLP's JSON form. */
export const jsonRequest = (spans: object[], resource: Record<string, Plain> = {}) => ({
  resourceSpans: [
    { resource: { attributes: jsonAttributes(resource) }, scopeSpans: [{ scope: { name: 'test' }, spans }] },
  ],
})

const corpus = join(import.meta.dirname, '../corpus/otlp')
export const corpusFile = (name: string): Buffer => readFileSync(join(corpus, name))
export const corpusBytes = (name: string): Buffer => gunzipSync(corpusFile(name))

/** Numbers from 0 to below 1 that are the same in every run. */
export function seeded(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}
