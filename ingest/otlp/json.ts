import { jsonFrom } from './json-text.ts'
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
export function decodeTracesJson(bytes: Buffer): OtlpResourceSpans[] {
  return new JsonReader(bytes.length).request(jsonFrom(bytes))
}

class JsonReader extends JsonValues {
  request(root: unknown): OtlpResourceSpans[] {
    const request = this.root(root, 'resourceSpans')
    return this.list(request.resourceSpans, 'resourceSpans', item => this.resourceSpans(item))
  }

  private resourceSpans(item: unknown): OtlpResourceSpans {
    const found = this.object(item, 'resourceSpans')
    return {
      resource: this.attributes(this.object(found.resource ?? {}, 'resource').attributes),
      scopes: this.list(found.scopeSpans, 'scopeSpans', scope => this.scopeSpans(scope)),
    }
  }

  private scopeSpans(item: unknown): OtlpScopeSpans {
    const found = this.object(item, 'scopeSpans')
    const scope = this.object(found.scope ?? {}, 'scope')
    const spans = this.list(found.spans, 'spans', span => this.span(span))
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
