import { finish } from './finish.ts'
import { emptyLog, type OtlpLog, type OtlpResourceLogs, type OtlpScopeLogs } from './log-request.ts'
import { itemsPerSpan } from './request.ts'
import { ValueReader } from './value-reader.ts'

/** Reads an ExportLogsServiceRequest, as decodeTraces reads spans. Throws DecodeError. */
export const decodeLogs = (bytes: Buffer): OtlpResourceLogs[] => finish(readLogs(bytes))

/** The same, with a stop now and then, for who has other things to do meanwhile. */
export const readLogs = (bytes: Buffer): Generator<void, OtlpResourceLogs[]> => new LogReader(bytes).request()

/** So many records are read in one go. */
const atOnce = 4_096
/** severity_text, dropped_attributes_count and flags, which are not read. */
const alsoKnown = new Set([0x1a, 0x38, 0x45])
/** A field that is known keeps its type in every version: one of another type belongs to another message. */
const afterLast = 13 << 3

class LogReader extends ValueReader {
  private logs = 0;

  *request(): Generator<void, OtlpResourceLogs[]> {
    const r = this.reader
    const resources: OtlpResourceLogs[] = []
    while (r.next(r.bytes.length, 'ExportLogsServiceRequest')) {
      if (r.tag === 0x0a) resources.push(yield* this.resourceLogs())
    }
    return resources
  }

  private *resourceLogs(): Generator<void, OtlpResourceLogs> {
    const r = this.reader
    const resource = this.attributesOf('resource')
    const found: OtlpResourceLogs = { resource, scopes: [] }
    const end = this.enter('ResourceLogs')
    while (r.next(end, 'ResourceLogs')) {
      if (r.tag === 0x0a) this.resource(resource)
      else if (r.tag === 0x12) found.scopes.push(yield* this.scopeLogs())
    }
    return found
  }

  private *scopeLogs(): Generator<void, OtlpScopeLogs> {
    const r = this.reader
    const found: OtlpScopeLogs = { name: '', version: '', logs: [] }
    const end = this.enter('ScopeLogs')
    while (r.next(end, 'ScopeLogs')) {
      if (r.tag === 0x0a) this.scope(found)
      else if (r.tag === 0x12) {
        found.logs.push(this.log())
        if (++this.logs % atOnce === 0) yield
      }
    }
    return found
  }

  private log(): OtlpLog {
    const r = this.reader
    const attributes = this.attributesOf('record')
    const log = emptyLog(attributes)
    const end = this.enter('LogRecord', itemsPerSpan)
    while (r.next(end, 'LogRecord')) {
      switch (r.tag) {
        case 0x09:
          log.timeNs = r.fixed64()
          break
        case 0x10:
          log.severity = r.uint32()
          break
        case 0x2a:
          log.body = this.anyValue()
          break
        case 0x32:
          this.attribute(attributes)
          break
        case 0x4a:
          log.traceId = this.id()
          break
        case 0x52:
          log.spanId = this.id()
          break
        case 0x59:
          log.observedNs = r.fixed64()
          break
        case 0x62:
          log.eventName = r.name()
          break
        default:
          if (r.tag < afterLast && !alsoKnown.has(r.tag))
            throw r.fault('spans or metrics, not log records,', 'LogRecord')
      }
    }
    return log
  }
}
