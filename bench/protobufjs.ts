import protobuf from 'protobufjs'
import type { AttributeValue, OtlpResourceSpans, OtlpSpan } from '../ingest/otlp/request.ts'

/**
 * The usual way to read OTLP in JavaScript, that the benchmark compares with: protobufjs' generated decoder, which makes
 * an object of every message. (Generated when it starts, by reflection: the same code as its static one.)
 */
const schema = `
syntax = "proto3";
message Request { repeated ResourceSpans resourceSpans = 1; }
message ResourceSpans { Resource resource = 1; repeated ScopeSpans scopeSpans = 2; }
message Resource { repeated KeyValue attributes = 1; }
message ScopeSpans { Scope scope = 1; repeated Span spans = 2; }
message Scope { string name = 1; string version = 2; }
message Span {
  bytes traceId = 1; bytes spanId = 2; bytes parentSpanId = 4; string name = 5; int32 kind = 6;
  fixed64 startTimeUnixNano = 7; fixed64 endTimeUnixNano = 8; repeated KeyValue attributes = 9;
  uint32 droppedAttributesCount = 10; repeated Event events = 11; uint32 droppedEventsCount = 12;
  repeated Link links = 13; uint32 droppedLinksCount = 14; Status status = 15;
}
message Event { fixed64 timeUnixNano = 1; string name = 2; repeated KeyValue attributes = 3; }
message Link { bytes traceId = 1; bytes spanId = 2; repeated KeyValue attributes = 4; }
message Status { string message = 2; int32 code = 3; }
message KeyValue { string key = 1; AnyValue value = 2; }
message AnyValue {
  oneof value {
    string stringValue = 1; bool boolValue = 2; int64 intValue = 3; double doubleValue = 4;
    List arrayValue = 5; KeyValues kvlistValue = 6; bytes bytesValue = 7;
  }
}
message List { repeated AnyValue values = 1; }
message KeyValues { repeated KeyValue values = 1; }
`
const request = protobuf.parse(schema).root.lookupType('Request')

type Long = { low: number; high: number; unsigned: boolean }
type Value = {
  value?: 'stringValue' | 'boolValue' | 'intValue' | 'doubleValue' | 'arrayValue' | 'kvlistValue' | 'bytesValue'
  stringValue: string
  boolValue: boolean
  intValue: Long | number
  doubleValue: number
  arrayValue: { values: Value[] }
  kvlistValue: { values: Pair[] }
  bytesValue: Uint8Array
}
type Pair = { key: string; value?: Value }
type Span = Record<string, unknown> & {
  traceId: Buffer
  spanId: Buffer
  parentSpanId: Buffer
  startTimeUnixNano: Long
  endTimeUnixNano: Long
  attributes: Pair[]
  events: { timeUnixNano: Long; name: string; attributes: Pair[] }[]
  status?: { message: string; code: number }
}
type Request = {
  resourceSpans: {
    resource?: { attributes: Pair[] }
    scopeSpans: { scope?: { name: string; version: string }; spans: Span[] }[]
  }[]
}

export const decodeObjects = (bytes: Buffer) => request.decode(bytes) as unknown as Request

/** The objects in the shape that the mapping takes. */
export function asRequest({ resourceSpans }: Request): OtlpResourceSpans[] {
  return resourceSpans.map(({ resource, scopeSpans }) => ({
    resource: mapOf(resource?.attributes ?? []),
    scopes: scopeSpans.map(({ scope, spans }) => ({
      name: scope?.name ?? '',
      version: scope?.version ?? '',
      spans: spans.map(asSpan),
    })),
  }))
}

const asSpan = (span: Span): OtlpSpan => ({
  traceId: span.traceId.toString('hex'),
  spanId: span.spanId.toString('hex'),
  parentSpanId: span.parentSpanId.toString('hex'),
  name: String(span.name),
  kind: Number(span.kind),
  startNs: bigOf(span.startTimeUnixNano),
  endNs: bigOf(span.endTimeUnixNano),
  attributes: mapOf(span.attributes),
  events: span.events.map(event => ({
    timeNs: bigOf(event.timeUnixNano),
    name: event.name,
    attributes: mapOf(event.attributes),
  })),
  links: [],
  statusCode: span.status?.code ?? 0,
  statusMessage: span.status?.message ?? '',
  droppedAttributes: 0,
  droppedEvents: 0,
  droppedLinks: 0,
})

const mapOf = (pairs: Pair[]) => new Map(pairs.map(({ key, value }) => [key, value ? readValue(value) : null]))

function readValue(value: Value): AttributeValue {
  switch (value.value) {
    case 'intValue':
      return Number(bigOf(value.intValue))
    case 'arrayValue':
      return value.arrayValue.values.map(readValue)
    case 'kvlistValue':
      return mapOf(value.kvlistValue.values)
    case undefined:
      return null
    default:
      return value[value.value]
  }
}

function bigOf(long: Long | number): bigint {
  if (typeof long === 'number') return BigInt(long)
  const bits = (BigInt(long.high >>> 0) << 32n) | BigInt(long.low >>> 0)
  return long.unsigned ? bits : BigInt.asIntN(64, bits)
}
