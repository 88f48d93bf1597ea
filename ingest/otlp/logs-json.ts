import { finish } from './finish.ts'
import { parseJson } from './json-records.ts'
import { id, type Json, JsonValues } from './json-values.ts'
import type { OtlpLog, OtlpResourceLogs, OtlpScopeLogs } from './log-request.ts'

/** Reads an ExportLogsServiceRequest in OTLP's JSON form, as decodeTracesJson reads spans. Throws DecodeError. */
export const decodeLogsJson = (bytes: Buffer): OtlpResourceLogs[] => finish(readLogsJson(bytes))

/** The same, with a stop now and then. */
export function* readLogsJson(bytes: Buffer, largeFrom?: number): Generator<void, OtlpResourceLogs[]> {
  return yield* new LogJsonReader(bytes.length, yield* parseJson(bytes, largeFrom)).request()
}

class LogJsonReader extends JsonValues {
  *request(): Generator<void, OtlpResourceLogs[]> {
    const resources: OtlpResourceLogs[] = []
    for (const item of this.items(this.root('resourceLogs').resourceLogs, 'resourceLogs')) {
      const found = this.object(item, 'resourceLogs')
      const resource = this.attributes(this.object(found.resource ?? {}, 'resource').attributes)
      const scopes: OtlpScopeLogs[] = []
      for (const scope of this.items(found.scopeLogs, 'scopeLogs'))
        scopes.push(yield* this.scopeLogs(this.object(scope, 'scopeLogs')))
      resources.push({ resource, scopes })
    }
    return resources
  }

  private *scopeLogs(found: Json): Generator<void, OtlpScopeLogs> {
    const scope = this.object(found.scope ?? {}, 'scope')
    const logs = yield* this.records(found.logRecords, 'logRecords', log => this.log(this.object(log, 'logRecords')))
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
