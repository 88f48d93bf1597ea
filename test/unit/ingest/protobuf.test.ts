import { describe, expect, it } from 'vitest'
import { nativeBlock } from '../../../db/native.ts'
import { spanColumns } from '../../../db/span-table.ts'
import { decodeTracesJson } from '../../../ingest/otlp/json.ts'
import { decodeTraces, readTraces } from '../../../ingest/otlp/protobuf.ts'
import { DecodeError, type OtlpResourceSpans, type OtlpSpan } from '../../../ingest/otlp/request.ts'
import { WireReader } from '../../../ingest/otlp/wire.ts'
import { mapRequest } from '../../../ingest/trace-intake.ts'
import { corpusBytes, seeded } from '../../ingest/otlp-factory.ts'

const bytes = corpusBytes('genai-512-0.pb.gz')

/** Length-delimited field. */
const field = (number: number, ...parts: (Buffer | string)[]) => {
  const body = Buffer.concat(parts.map(part => Buffer.from(part)))
  return Buffer.concat([Buffer.from([(number << 3) | 2]), varint(body.length), body])
}
const varint = (value: number): Buffer =>
  value < 0x80 ? Buffer.from([value]) : Buffer.concat([Buffer.from([(value & 0x7f) | 0x80]), varint(value >>> 7)])
const request = (...span: Buffer[]) => field(1, field(2, field(2, ...span)))
const onlySpan = (body: Buffer) => {
  const span = decodeTraces(body)[0]?.scopes[0]?.spans[0]
  if (!span) throw new Error('no span was decoded')
  return span
}
const attribute = (key: string, value: Buffer) => field(9, field(1, key), field(2, value))

it('reads the same from protobuf as from JSON', () => {
  expect(plain(decodeTraces(bytes))).toEqual(plain(decodeTracesJson(corpusBytes('genai-512-0.json.gz'))))
})

it('makes the same block of rows from protobuf as from JSON', () => {
  const block = (resources: OtlpResourceSpans[]) => nativeBlock(spanColumns, mapRequest(resources, Date.now()).spans)
  const [wire, json] = ['genai-512-0.pb.gz', 'genai-512-0.json.gz'].map(corpusBytes) as [Buffer, Buffer]
  expect(block(decodeTraces(wire)).equals(block(decodeTracesJson(json)))).toBe(true)
})

/** A request with every attribute decoded. */
const plain = (resources: OtlpResourceSpans[]) =>
  resources.map(({ resource, scopes }) => ({
    resource: new Map(resource),
    scopes: scopes.map(scope => ({ ...scope, spans: scope.spans.map(plainSpan) })),
  }))
const plainSpan = ({ attributes, events, links, ...span }: OtlpSpan) => ({
  ...span,
  attributes: new Map(attributes),
  events: events.map(event => ({ ...event, attributes: new Map(event.attributes) })),
  links: links.map(link => ({ ...link, attributes: new Map(link.attributes) })),
})

it('stops now and then in a large request, and reads on where it was', () => {
  const span = (at: number) => field(2, field(5, `span ${at}`))
  const scopes = [0, 5_000].map(from => field(2, ...Array.from({ length: 5_000 }, (_, at) => span(from + at))))
  const reading = readTraces(Buffer.concat(scopes.map(scope => field(1, scope))))
  let stops = 0
  let step = reading.next()
  for (; !step.done; step = reading.next()) {
    stops += 1
    // Another request is read meanwhile.
    expect(onlySpan(request(field(5, 'another'))).name).toBe('another')
  }
  const names = step.value.flatMap(({ scopes }) => scopes.flatMap(({ spans }) => spans.map(({ name }) => name)))
  expect(names).toEqual(Array.from({ length: 10_000 }, (_, at) => `span ${at}`))
  expect(stops).toBe(2)
})

it('reads an empty request', () => {
  expect(decodeTraces(Buffer.alloc(0))).toEqual([])
})

describe('values', () => {
  const value = (encoded: Buffer) => onlySpan(request(attribute('key', encoded))).attributes.get('key')
  it.each([
    ['a text', field(1, 'grün'), 'grün'],
    ['true', Buffer.from([0x10, 1]), true],
    ['a small integer', Buffer.from([0x18, 0x96, 0x01]), 150],
    ['minus one', Buffer.from([0x18, ...Array(9).fill(0xff), 0x01]), -1],
    ['the largest int64', Buffer.from([0x18, ...Array(8).fill(0xff), 0x7f]), 9_223_372_036_854_775_807n],
    ['the smallest int64', Buffer.from([0x18, ...Array(9).fill(0x80), 0x01]), -9_223_372_036_854_775_808n],
    ['a double', Buffer.from([0x21, 0, 0, 0, 0, 0, 0, 0xf8, 0x3f]), 1.5],
    ['bytes', field(7, Buffer.from([1, 2, 255])), new Uint8Array([1, 2, 255])],
    ['a list', field(5, field(1, field(1, 'a')), field(1, Buffer.from([0x18, 7]))), ['a', 7]],
    ['a map', field(6, field(1, field(1, 'k'), field(2, field(1, 'v')))), new Map([['k', 'v']])],
    ['nothing', Buffer.alloc(0), null],
    ['broken UTF-8', field(1, Buffer.from([0x61, 0xff])), 'a\ufffd'],
  ])('reads %s', (_name, encoded, expected) => {
    expect(value(encoded)).toEqual(expected)
  })
})

it('keeps the last of two attributes with one key', () => {
  const span = onlySpan(request(attribute('k', field(1, 'first')), attribute('k', field(1, 'last'))))
  expect([...span.attributes]).toEqual([['k', 'last']])
})

it('keeps the attributes of a span apart from those of its events, in whatever order they come', () => {
  const event = (key: string, value: string) => field(11, field(3, field(1, key), field(2, field(1, value))))
  const resource = (key: string) => field(1, field(1, field(1, key), field(2, field(1, 'of the resource'))))
  const spans = field(2, field(2, attribute('a', field(1, '1')), event('a', 'x'), attribute('b', field(1, '2'))))
  const more = field(2, field(2, event('b', 'y'), attribute('a', field(1, '3')), event('c', 'z')))
  const [decoded] = decodeTraces(field(1, resource('a'), spans, resource('b'), more))
  const read = decoded?.scopes.flatMap(scope =>
    scope.spans.map(span => [[...span.attributes], span.events.map(({ attributes }) => [...attributes])]),
  )
  expect(Object.fromEntries(decoded?.resource ?? [])).toEqual({ a: 'of the resource', b: 'of the resource' })
  expect(read).toEqual([
    [
      [
        ['a', '1'],
        ['b', '2'],
      ],
      [[['a', 'x']]],
    ],
    [[['a', '3']], [[['b', 'y']], [['c', 'z']]]],
  ])
})

it('passes over unknown fields and known ones of another type', () => {
  const unknown = [field(200, 'x'), Buffer.from([0xf8, 0x01, 5]), Buffer.from([0x0d, 1, 2, 3, 4])]
  const span = onlySpan(request(...unknown, field(5, 'name'), Buffer.from([0x28, 1])))
  expect(span.name).toBe('name')
})

it('merges nothing of a logs request into spans: it has no ids', () => {
  const logRecord = [Buffer.from([0x09, 0, 0, 0, 0, 0, 0, 0, 1]), Buffer.from([0x10, 9]), field(5, field(1, 'a log'))]
  const span = onlySpan(request(...logRecord))
  expect(span).toMatchObject({ traceId: '', spanId: '' })
})

describe('what is malformed is told in a sentence', () => {
  it.each([
    ['a length past the end', Buffer.from([0x0a, 0x05, 1]), 'unexpected end at byte 3 in ExportTraceServiceRequest'],
    ['a varint that does not end', Buffer.from([0x0a, 0x80]), 'unexpected end at byte 2 in ExportTraceServiceRequest'],
    ['a varint of 11 bytes', Buffer.from(Array(11).fill(0xff)), 'varint longer than 10 bytes'],
    ['field number 0', Buffer.from([0x02, 0x00]), 'unexpected tag 2'],
    ['a group', Buffer.from([0x0b]), 'unexpected wire type 3'],
    ['a span cut short', request(Buffer.from([0x39, 1, 2])), 'unexpected end at byte 9 in Span'],
    ['text in its place', Buffer.from('this is not protobuf'), 'cannot decode OTLP request of 20 bytes'],
  ])('%s', (_name, body, words) => {
    expect(() => decodeTraces(body)).toThrow(DecodeError)
    expect(() => decodeTraces(body)).toThrow(words)
  })

  it('values that nest deeper than 100 levels', () => {
    let value = field(1, 'x')
    for (let level = 0; level < 150; level++) value = field(5, field(1, value))
    expect(() => decodeTraces(request(attribute('k', value)))).toThrow('nests deeper than 100 levels')
  })

  it('a request of millions of empty spans, before it fills the memory', () => {
    const empty = Buffer.alloc(4_400_000, Buffer.from([0x12, 0x00]))
    expect(() => decodeTraces(field(1, field(2, empty)))).toThrow('send it in parts')
  })

  it('a request that was cut anywhere', () => {
    const outcomes = { cut: 0, whole: 0 }
    for (let end = 0; end < bytes.length; end += 1013) {
      try {
        decodeTraces(bytes.subarray(0, end))
        outcomes.whole += 1
      } catch (error) {
        expect(String(error)).toMatch(
          /cannot decode OTLP request of \d+ bytes: unexpected end at byte \d+ in [A-Z]\w+$/,
        )
        outcomes.cut += 1
      }
    }
    expect(outcomes.cut).toBeGreaterThan(1_000)
    expect(outcomes.whole).toBeLessThan(5)
  })
})

it('survives 2,000 mutations of a real request: a decode error, or spans that can be stored', () => {
  const spans = spansIn(bytes).slice(0, 12)
  const whole = field(1, field(2, ...spans.map(span => field(2, span))))
  const random = seeded(20_251_123)
  const outcomes = { refused: 0, stored: 0 }
  for (let round = 0; round < 2_000; round++) {
    const mutant = Buffer.from(whole)
    for (let change = 0; change < 1 + random() * 12; change++)
      mutant[Math.floor(random() * mutant.length)] = Math.floor(random() * 256)
    try {
      const { spans } = mapRequest(decodeTraces(mutant), Date.now())
      const rows = spans.map(span => Object.assign(span, { projectId: 'p', receivedMs: 0 }))
      expect(nativeBlock(spanColumns, rows).length).toBeGreaterThan(1_000)
      outcomes.stored += 1
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error
      outcomes.refused += 1
    }
  }
  expect(outcomes.refused).toBeGreaterThan(100)
  expect(outcomes.stored).toBeGreaterThan(100)
})

/** The bytes of each span of a request, found by field numbers alone. */
function spansIn(request: Buffer): Buffer[] {
  const below = (body: Buffer, tag: number) => {
    const reader = new WireReader(body)
    const found: Buffer[] = []
    while (reader.next(body.length, 'a request'))
      if (reader.tag === tag) found.push(body.subarray(reader.start, reader.stop))
    return found
  }
  return below(request, 0x0a).flatMap(resource => below(resource, 0x12).flatMap(scope => below(scope, 0x12)))
}
