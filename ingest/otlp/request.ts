import type { Attributes } from './attributes.ts'

/**
 * The one shape that protobuf and JSON are decoded into. Ids are lower-case hex as they were sent ('' when not),
 * of any length and value; an attribute that is given twice keeps its last value. Strings hold no lone surrogates.
 */
export type { Attributes, AttributeValue } from './attributes.ts'

export type OtlpEvent = { timeNs: bigint; name: string; attributes: Attributes }
export type OtlpLink = { traceId: string; spanId: string; attributes: Attributes }

export type OtlpSpan = {
  traceId: string
  spanId: string
  /** '' or zeros for a root. */
  parentSpanId: string
  name: string
  /** 0 unspecified, 1 internal, 2 server, 3 client, 4 producer, 5 consumer. */
  kind: number
  startNs: bigint
  endNs: bigint
  attributes: Attributes
  events: OtlpEvent[]
  links: OtlpLink[]
  /** 0 unset, 1 ok, 2 error. */
  statusCode: number
  statusMessage: string
  droppedAttributes: number
  droppedEvents: number
  droppedLinks: number
}

export type OtlpScopeSpans = { name: string; version: string; spans: OtlpSpan[] }
export type OtlpResourceSpans = { resource: Attributes; scopes: OtlpScopeSpans[] }

/** A request that cannot be read; the message is a sentence for the client. */
export class DecodeError extends Error {}

/** Messages and values may nest this deep, as in every protobuf implementation. */
export const maxDepth = 100

/** Attributes, values, events and the like of one request: what bounds its memory beside its bytes. */
export const maxItems = 2_000_000
/** An empty span takes two bytes of a request, and as much memory as so many attributes. */
export const itemsPerSpan = 8

export const tooManyItems = `holds more than ${maxItems.toLocaleString('en')} spans, attributes and values; send it in parts`
export const tooDeep = `nests deeper than ${maxDepth} levels`

export function emptySpan(attributes: Attributes = new Map()): OtlpSpan {
  return {
    traceId: '',
    spanId: '',
    parentSpanId: '',
    name: '',
    kind: 0,
    startNs: 0n,
    endNs: 0n,
    attributes,
    events: [],
    links: [],
    statusCode: 0,
    statusMessage: '',
    droppedAttributes: 0,
    droppedEvents: 0,
    droppedLinks: 0,
  }
}
