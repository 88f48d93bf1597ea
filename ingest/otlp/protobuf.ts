import {
  emptySpan,
  type OtlpEvent,
  type OtlpLink,
  type OtlpResourceSpans,
  type OtlpScopeSpans,
  type OtlpSpan,
} from './request.ts'
import { ValueReader } from './value-reader.ts'

/**
 * Reads an ExportTraceServiceRequest. Unknown fields, and known ones of another wire type, are passed over.
 * Throws DecodeError, naming byte and message, when the bytes are not protobuf.
 */
export function decodeTraces(bytes: Buffer): OtlpResourceSpans[] {
  return new TraceReader(bytes).request()
}

class TraceReader extends ValueReader {
  request(): OtlpResourceSpans[] {
    const r = this.reader
    const resources: OtlpResourceSpans[] = []
    while (r.next(r.bytes.length, 'ExportTraceServiceRequest')) {
      if (r.tag === 0x0a) resources.push(this.enter('ResourceSpans', end => this.resourceSpans(end)))
    }
    return resources
  }

  private resourceSpans(end: number): OtlpResourceSpans {
    const r = this.reader
    const found: OtlpResourceSpans = { resource: new Map(), scopes: [] }
    while (r.next(end, 'ResourceSpans')) {
      if (r.tag === 0x0a) this.enter('Resource', end => this.attributesOf(end, 'Resource', 0x0a, found.resource))
      else if (r.tag === 0x12) found.scopes.push(this.enter('ScopeSpans', end => this.scopeSpans(end)))
    }
    return found
  }

  private scopeSpans(end: number): OtlpScopeSpans {
    const r = this.reader
    const found: OtlpScopeSpans = { name: '', version: '', spans: [] }
    while (r.next(end, 'ScopeSpans')) {
      if (r.tag === 0x0a) this.enter('InstrumentationScope', end => this.scope(end, found))
      else if (r.tag === 0x12) found.spans.push(this.enter('Span', end => this.span(end)))
    }
    return found
  }

  private span(end: number): OtlpSpan {
    const r = this.reader
    const span = emptySpan()
    while (r.next(end, 'Span')) {
      switch (r.tag) {
        case 0x0a:
          span.traceId = this.id()
          break
        case 0x12:
          span.spanId = this.id()
          break
        case 0x22:
          span.parentSpanId = this.id()
          break
        case 0x2a:
          span.name = r.name()
          break
        case 0x30:
          span.kind = r.uint32()
          break
        case 0x39:
          span.startNs = r.fixed64()
          break
        case 0x41:
          span.endNs = r.fixed64()
          break
        case 0x4a:
          this.enter('KeyValue', end => this.keyValue(end, span.attributes, 0))
          break
        case 0x50:
          span.droppedAttributes = r.uint32()
          break
        case 0x5a:
          span.events.push(this.enter('Event', end => this.event(end)))
          break
        case 0x60:
          span.droppedEvents = r.uint32()
          break
        case 0x6a:
          span.links.push(this.enter('Link', end => this.link(end)))
          break
        case 0x70:
          span.droppedLinks = r.uint32()
          break
        case 0x7a:
          this.enter('Status', end => this.status(end, span))
      }
    }
    return span
  }

  private event(end: number): OtlpEvent {
    const r = this.reader
    const event: OtlpEvent = { timeNs: 0n, name: '', attributes: new Map() }
    while (r.next(end, 'Event')) {
      if (r.tag === 0x09) event.timeNs = r.fixed64()
      else if (r.tag === 0x12) event.name = r.name()
      else if (r.tag === 0x1a) this.enter('KeyValue', end => this.keyValue(end, event.attributes, 0))
    }
    return event
  }

  private link(end: number): OtlpLink {
    const r = this.reader
    const link: OtlpLink = { traceId: '', spanId: '', attributes: new Map() }
    while (r.next(end, 'Link')) {
      if (r.tag === 0x0a) link.traceId = this.id()
      else if (r.tag === 0x12) link.spanId = this.id()
      else if (r.tag === 0x22) this.enter('KeyValue', end => this.keyValue(end, link.attributes, 0))
    }
    return link
  }

  private status(end: number, span: OtlpSpan) {
    const r = this.reader
    while (r.next(end, 'Status')) {
      if (r.tag === 0x12) span.statusMessage = r.text()
      else if (r.tag === 0x18) span.statusCode = r.uint32()
    }
  }
}
