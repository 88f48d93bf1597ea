import { emptyLog, type OtlpLog, type OtlpResourceLogs } from './log-request.ts'
import { ValueReader } from './value-reader.ts'

/** Reads an ExportLogsServiceRequest, as decodeTraces reads spans. Throws DecodeError. */
export function decodeLogs(bytes: Buffer): OtlpResourceLogs[] {
  return new LogReader(bytes).request()
}

class LogReader extends ValueReader {
  request(): OtlpResourceLogs[] {
    const r = this.reader
    const resources: OtlpResourceLogs[] = []
    while (r.next(r.bytes.length, 'ExportLogsServiceRequest')) {
      if (r.tag === 0x0a) resources.push(this.enter('ResourceLogs', end => this.resourceLogs(end)))
    }
    return resources
  }

  private resourceLogs(end: number): OtlpResourceLogs {
    const r = this.reader
    const found: OtlpResourceLogs = { resource: new Map(), scopes: [] }
    while (r.next(end, 'ResourceLogs')) {
      if (r.tag === 0x0a) this.enter('Resource', end => this.attributesOf(end, 'Resource', 0x0a, found.resource))
      else if (r.tag === 0x12) found.scopes.push(this.enter('ScopeLogs', end => this.scopeLogs(end)))
    }
    return found
  }

  private scopeLogs(end: number) {
    const r = this.reader
    const found = { name: '', version: '', logs: [] as OtlpLog[] }
    while (r.next(end, 'ScopeLogs')) {
      if (r.tag === 0x0a) this.enter('InstrumentationScope', end => this.scope(end, found))
      else if (r.tag === 0x12) found.logs.push(this.enter('LogRecord', end => this.log(end)))
    }
    return found
  }

  private log(end: number): OtlpLog {
    const r = this.reader
    const log = emptyLog()
    while (r.next(end, 'LogRecord')) {
      switch (r.tag) {
        case 0x09:
          log.timeNs = r.fixed64()
          break
        case 0x10:
          log.severity = r.uint32()
          break
        case 0x2a:
          log.body = this.enter('AnyValue', end => this.value(r.pos, end, 0))
          break
        case 0x32:
          this.enter('KeyValue', end => this.keyValue(end, log.attributes, 0))
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
      }
    }
    return log
  }
}
