import type { Attributes, AttributeValue } from './request.ts'

/** A log record as protobuf and JSON are decoded into; ids as in OtlpSpan. */
export type OtlpLog = {
  timeNs: bigint
  observedNs: bigint
  traceId: string
  spanId: string
  /** '' where the record has none; older clients send it as the attribute `event.name`. */
  eventName: string
  severity: number
  body: AttributeValue
  attributes: Attributes
}

export type OtlpScopeLogs = { name: string; version: string; logs: OtlpLog[] }
export type OtlpResourceLogs = { resource: Attributes; scopes: OtlpScopeLogs[] }

export const emptyLog = (attributes: Attributes = new Map()): OtlpLog => ({
  timeNs: 0n,
  observedNs: 0n,
  traceId: '',
  spanId: '',
  eventName: '',
  severity: 0,
  body: null,
  attributes,
})
