import { finish } from './finish.ts'
import { parseJson } from './json-records.ts'
import { id, JsonValues } from './json-values.ts'
import {
  emptySpan,
  type OtlpEvent,
  type OtlpLink,
  type OtlpResourceSpans,
  type OtlpScopeSpans,
  type OtlpSpan,
} from './request.ts'

/**
 * Reads an ExportTraceServiceRequest in OTLP's JSON form: hex ids in either case, lowerCamelCase names, enums as
 * numbers (their names are understood too), int64 as text or number, unknown fields passed over.
 * Throws DecodeError when the text is not JSON or not of that form.
 */
export const decodeTracesJson = (bytes: Buffer): OtlpResourceSpans[] => finish(readTracesJson(bytes))

/** The same, with a stop now and then, for who has other things to do meanwhile. */
export function* readTracesJson(bytes: Buffer, largeFrom?: number): Generator<void, OtlpResourceSpans[]> {
  return yield* new JsonReader(bytes.length, yield* parseJson(bytes, largeFrom)).request()
}

class JsonReader extends JsonValues {
  *request(): Generator<void, OtlpResourceSpans[]> {
    const found: OtlpResourceSpans[] = []
    for (const item of this.items(this.root('resourceSpans').resourceSpans, 'resourceSpans'))
      found.push(yield* this.resourceSpans(item))
    return found
  }

  private *resourceSpans(item: unknown): Generator<void, OtlpResourceSpans> {
    const found = this.object(item, 'resourceSpans')
    const resource = this.attributes(this.object(found.resource ?? {}, 'resource').attributes)
    const scopes: OtlpScopeSpans[] = []
    for (const scope of this.items(found.scopeSpans, 'scopeSpans')) scopes.push(yield* this.scopeSpans(scope))
    return { resource, scopes }
  }

  private *scopeSpans(item: unknown): Generator<void, OtlpScopeSpans> {
    const found = this.object(item, 'scopeSpans')
    const scope = this.object(found.scope ?? {}, 'scope')
    const spans = yield* this.records(found.spans, 'spans', span => this.span(span))
    return { name: this.text(scope.name, 'name'), version: this.text(scope.version, 'version'), spans }
  }

  private span(item: unknown): OtlpSpan {
    const found = this.object(item, 'spans')
    const status = this.object(found.status ?? {}, 'status')
    return {
      ...emptySpan(),
      traceId: id(found.traceId),
      spanId: id(found.spanId),
      parentSpanId: id(found.parentSpanId),
      name: this.text(found.name, 'name'),
      kind: this.member(kinds, found.kind, 'kind'),
      startNs: this.nanoseconds(found.startTimeUnixNano, 'startTimeUnixNano'),
      endNs: this.nanoseconds(found.endTimeUnixNano, 'endTimeUnixNano'),
      attributes: this.attributes(found.attributes),
      events: this.list(found.events, 'events', event => this.event(event)),
      links: this.list(found.links, 'links', link => this.link(link)),
      statusCode: this.member(codes, status.code, 'code'),
      statusMessage: this.text(status.message, 'message'),
      droppedAttributes: this.count(found.droppedAttributesCount, 'droppedAttributesCount'),
      droppedEvents: this.count(found.droppedEventsCount, 'droppedEventsCount'),
      droppedLinks: this.count(found.droppedLinksCount, 'droppedLinksCount'),
    }
  }

  /** A member of an enum, by its number or its name. */
  private member(names: readonly string[], value: unknown, name: string): number {
    const at = typeof value === 'string' ? names.indexOf(value) : -1
    return at > 0 ? at : this.count(value, name)
  }

  private event(item: unknown): OtlpEvent {
    const found = this.object(item, 'events')
    return {
      timeNs: this.nanoseconds(found.timeUnixNano, 'timeUnixNano'),
      name: this.text(found.name, 'name'),
      attributes: this.attributes(found.attributes),
    }
  }

  private link(item: unknown): OtlpLink {
    const found = this.object(item, 'links')
    return { traceId: id(found.traceId), spanId: id(found.spanId), attributes: this.attributes(found.attributes) }
  }
}

const kinds = ['', 'INTERNAL', 'SERVER', 'CLIENT', 'PRODUCER', 'CONSUMER'].map(name => name && `SPAN_KIND_${name}`)
const codes = ['', 'STATUS_CODE_OK', 'STATUS_CODE_ERROR']
