import { WireReader } from '../../../ingest/otlp/wire.ts'

/** A protobuf field; a message is its fields, anything else the bytes behind its tag. Lies are told when it is written. */
export type Field = {
  tag: number
  body: Buffer
  fields?: Field[]
  /** Bytes to write in place of the length. */
  length?: Buffer
  /** Bytes to write in place of the tag. */
  tagBytes?: Buffer
}

/** Length-delimited fields that hold a message, by the path of their numbers from the root; the rest are texts and bytes. */
export type Shape = { [number: number]: Shape }

const value: Shape = {}
const keyValue: Shape = { 2: value }
value[5] = { 1: value }
value[6] = { 1: keyValue }
const resource: Shape = { 1: keyValue }
const event: Shape = { 3: keyValue }
const link: Shape = { 4: keyValue }
const scope: Shape = { 3: keyValue }
export const shapes = {
  traces: { 1: { 1: resource, 2: { 1: scope, 2: { 9: keyValue, 11: event, 13: link, 15: {} } } } } as Shape,
  logs: { 1: { 1: resource, 2: { 1: scope, 2: { 5: value, 6: keyValue } } } } as Shape,
}

/** Reads a sound message into its fields. */
export function readTree(bytes: Buffer, shape: Shape): Field[] {
  const reader = new WireReader(bytes)
  const fields: Field[] = []
  for (let from = 0; reader.next(bytes.length, 'the seed'); from = reader.pos) {
    const { tag, start, stop } = reader
    const isBytes = (tag & 7) === 2
    const body = bytes.subarray(isBytes ? start : from + tagLength(tag), stop)
    const inner = isBytes ? shape[tag >>> 3] : undefined
    fields.push(inner ? { tag, body, fields: readTree(body, inner) } : { tag, body })
  }
  return fields
}

const tagLength = (tag: number) => varint(tag).length

export function writeTree(fields: readonly Field[]): Buffer {
  return Buffer.concat(
    fields.flatMap(({ tag, body, fields, length, tagBytes }) => {
      const written = fields ? writeTree(fields) : body
      const isBytes = (tag & 7) === 2
      return [tagBytes ?? varint(tag), ...(isBytes ? [length ?? varint(written.length)] : []), written]
    }),
  )
}

export function varint(value: number): Buffer {
  const bytes: number[] = []
  let rest = value
  while (rest >= 0x80) {
    bytes.push((rest % 0x80) | 0x80)
    rest = Math.floor(rest / 0x80)
  }
  return Buffer.from([...bytes, rest])
}

/** The same number in more bytes than it needs. */
export function overlong(value: number, bytes: number): Buffer {
  const short = varint(value)
  if (short.length >= bytes) return short
  const long = Buffer.alloc(bytes, 0x80)
  short.copy(long)
  for (let at = 0; at < bytes - 1; at++) long[at] = (long[at] ?? 0) | 0x80
  long[bytes - 1] = 0
  return long
}

/** All fields of a tree, with the list each stands in. */
export function* everyField(fields: Field[]): Generator<{ field: Field; list: Field[] }> {
  for (const field of fields) {
    yield { field, list: fields }
    if (field.fields) yield* everyField(field.fields)
  }
}
