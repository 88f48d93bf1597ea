import { jsonFrom } from './json-text.ts'
import { id, type Json, JsonValues } from './json-values.ts'
import type { OtlpLog, OtlpResourceLogs } from './log-request.ts'

/** Reads an ExportLogsServiceRequest in OTLP's JSON form, as decodeTracesJson reads spans. Throws DecodeError. */
export function decodeLogsJson(bytes: Buffer): OtlpResourceLogs[] {
  return new LogJsonReader(bytes.length).request(jsonFrom(bytes))
}

class LogJsonReader extends JsonValues {
  request(root: unknown): OtlpResourceLogs[] {
    const request = this.root(root, 'resourceLogs')
    return this.list(request.resourceLogs, 'resourceLogs', item => {
      const found = this.object(item, 'resourceLogs')
      return {
        resource: this.attributes(this.object(found.resource ?? {}, 'resource').attributes),
        scopes: this.list(found.scopeLogs, 'scopeLogs', scope => this.scopeLogs(this.object(scope, 'scopeLogs'))),
      }
    })
  }

  private scopeLogs(found: Json) {
    const scope = this.object(found.scope ?? {}, 'scope')
    const logs = this.list(found.logRecords, 'logRecords', log => this.log(this.object(log, 'logRecords')))
    return { name: this.text(scope.name, 'name'), version: this.text(scope.version, 'version'), logs }
  }

  private log(found: Json): OtlpLog {
    return {
      timeNs: this.nanoseconds(found.timeUnixNano, 'timeUnixNano'),
      observedNs: this.nanoseconds(found.observedTimeUnixNano, 'observedTimeUnixNano'),
      traceId: id(found.traceId),
      spanId: id(found.spanId),
      eventName: this.text(found.eventName, 'eventName'),
      severity: this.count(found.severityNumber, 'severityNumber'),
      body: this.value(found.body, 0),
      attributes: this.attributes(found.attributes),
    }
  }
}
