import { finish } from './finish.ts'
import {
  emptySpan,
  itemsPerSpan,
  type OtlpEvent,
  type OtlpLink,
  type OtlpResourceSpans,
  type OtlpScopeSpans,
  type OtlpSpan,
} from './request.ts'
import { ValueReader } from './value-reader.ts'

/**
 * Reads an ExportTraceServiceRequest. Unknown fields, and known ones of another wire type, are passed over; the values of
 * attributes are decoded when they are asked for, so the bytes must stay as they are.
 * Throws DecodeError, naming byte and message, when the bytes are not protobuf.
 */
export const decodeTraces = (bytes: Buffer): OtlpResourceSpans[] => finish(readTraces(bytes))

/** The same, with a stop now and then, for who has other things to do meanwhile. */
export const readTraces = (bytes: Buffer): Generator<void, OtlpResourceSpans[]> => new TraceReader(bytes).request()

/** So many spans are read in one go. */
const atOnce = 4_096

class TraceReader extends ValueReader {
  private spans = 0;

  *request(): Generator<void, OtlpResourceSpans[]> {
    const r = this.reader
    const resources: OtlpResourceSpans[] = []
    while (r.next(r.bytes.length, 'ExportTraceServiceRequest')) {
      if (r.tag === 0x0a) resources.push(yield* this.resourceSpans())
    }
    return resources
  }

  private *resourceSpans(): Generator<void, OtlpResourceSpans> {
    const r = this.reader
    const resource = this.attributesOf('resource')
    const found: OtlpResourceSpans = { resource, scopes: [] }
    const end = this.enter('ResourceSpans')
    while (r.next(end, 'ResourceSpans')) {
      if (r.tag === 0x0a) this.resource(resource)
      else if (r.tag === 0x12) found.scopes.push(yield* this.scopeSpans())
    }
    return found
  }

  private *scopeSpans(): Generator<void, OtlpScopeSpans> {
    const r = this.reader
    const found: OtlpScopeSpans = { name: '', version: '', spans: [] }
    const end = this.enter('ScopeSpans')
    while (r.next(end, 'ScopeSpans')) {
      if (r.tag === 0x0a) this.scope(found)
      else if (r.tag === 0x12) {
        found.spans.push(this.span())
        if (++this.spans % atOnce === 0) yield
      }
    }
    return found
  }

  private span(): OtlpSpan {
    const r = this.reader
    const attributes = this.attributesOf('record')
    const span = emptySpan(attributes)
    const end = this.enter('Span', itemsPerSpan)
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
          this.attribute(attributes)
          break
        case 0x50:
          span.droppedAttributes = r.uint32()
          break
        case 0x5a:
          span.events.push(this.event())
          break
        case 0x60:
          span.droppedEvents = r.uint32()
          break
        case 0x6a:
          span.links.push(this.link())
          break
        case 0x70:
          span.droppedLinks = r.uint32()
          break
        case 0x7a:
          this.status(span)
      }
    }
    return span
  }

  private event(): OtlpEvent {
    const r = this.reader
    const attributes = this.attributesOf('part')
    const event: OtlpEvent = { timeNs: 0n, name: '', attributes }
    const end = this.enter('Event')
    while (r.next(end, 'Event')) {
      if (r.tag === 0x09) event.timeNs = r.fixed64()
      else if (r.tag === 0x12) event.name = r.name()
      else if (r.tag === 0x1a) this.attribute(attributes)
    }
    return event
  }

  private link(): OtlpLink {
    const r = this.reader
    const attributes = this.attributesOf('part')
    const link: OtlpLink = { traceId: '', spanId: '', attributes }
    const end = this.enter('Link')
    while (r.next(end, 'Link')) {
      if (r.tag === 0x0a) link.traceId = this.id()
      else if (r.tag === 0x12) link.spanId = this.id()
      else if (r.tag === 0x22) this.attribute(attributes)
    }
    return link
  }

  private status(span: OtlpSpan) {
    const r = this.reader
    const end = this.enter('Status')
    while (r.next(end, 'Status')) {
      if (r.tag === 0x12) span.statusMessage = r.text()
      else if (r.tag === 0x18) span.statusCode = r.uint32()
    }
  }
}
