import { createHash } from 'node:crypto'
import type { LoggedEvent } from '../db/span-events.ts'
import { jsonText } from './otlp/json-of-value.ts'
import type { OtlpLog, OtlpResourceLogs } from './otlp/log-request.ts'
import type { Attributes, OtlpEvent } from './otlp/request.ts'
import { mendClock } from './semconv/clock.ts'
import { evaluated, type Flags, isEvaluation } from './semconv/flags.ts'
import { inputOfDetails, messageOfEvent } from './semconv/messages.ts'
import { jsonTexts, text } from './semconv/values.ts'

const details = 'gen_ai.client.inference.operation.details'
const evaluation = 'gen_ai.evaluation.result'

/** So many records are read in one go. */
const atOnce = 1_024

/** The events of spans among a request's log records, and how many other records it holds; stops now and then. */
export function* eventsOfSpans(
  resources: OtlpResourceLogs[],
  projectId: string,
  receivedMs: number,
): Generator<void, { events: LoggedEvent[]; others: number }> {
  const events: LoggedEvent[] = []
  let records = 0
  for (const { scopes } of resources)
    for (const { logs } of scopes)
      for (const log of logs) {
        const event = eventOf(log, projectId, { position: records, receivedMs })
        records += 1
        if (event) events.push(event)
        if (records % atOnce === 0) yield
      }
  return { events, others: records - events.length }
}

/** Whether records like it are kept, whatever they say. */
export const mayBeKept = (log: OtlpLog) =>
  isId(log.traceId, 32) && toldBy({ name: nameOf(log), timeNs: 0n, attributes: new Map() }) !== undefined

const nameOf = ({ eventName, attributes }: OtlpLog) => eventName || text(attributes.get('event.name'))

function eventOf(
  log: OtlpLog,
  projectId: string,
  { position, receivedMs }: { position: number; receivedMs: number },
): LoggedEvent | undefined {
  const name = nameOf(log)
  if (!isId(log.traceId, 32)) return undefined
  const spanId = isId(log.spanId, 16) ? log.spanId : ''
  const event = { name, timeNs: timeOf(log, receivedMs), attributes: withBody(log) }
  const told = toldBy(event)
  // Only a flag is of use to a trace when it is not known which span it belongs to.
  if (!told || (spanId === '' && !isEvaluation(name))) return undefined
  return {
    projectId,
    traceId: log.traceId,
    spanId,
    id: idOf(log, name),
    atNs: event.timeNs,
    position,
    name,
    attributes: jsonTexts(event.attributes),
    ...told,
  }
}

type Told = Pick<LoggedEvent, 'input' | 'output' | 'isMessage' | 'flags'>

/** What an event says of its span, or undefined when it is none of those that are kept. */
function toldBy(event: OtlpEvent): Told | undefined {
  const nothing: Told = { input: '', output: '', isMessage: false, flags: {} }
  if (event.name === details)
    return {
      ...nothing,
      input: inputOfDetails(event),
      output: text(event.attributes.get('gen_ai.output.messages')),
    }
  if (event.name === evaluation) return nothing
  if (isEvaluation(event.name)) {
    const flags: Flags = Object.create(null)
    evaluated(event.attributes, flags)
    return { ...nothing, flags }
  }
  const message = messageOfEvent(event)
  return message && { ...nothing, [message.side]: message.text, isMessage: true }
}

/** An event's body holds its fields, where it is a map; else it is kept as one. */
function withBody({ attributes, body }: OtlpLog): Attributes {
  const fields = new Map(attributes)
  if (body instanceof Map) for (const [key, value] of body) fields.set(key, value)
  else if (body !== null && body !== '') fields.set('body', body)
  return fields
}

function timeOf({ timeNs, observedNs }: OtlpLog, receivedMs: number): bigint {
  const at = timeNs || observedNs
  return mendClock({ startNs: at, endNs: at, receivedNs: BigInt(receivedMs) * 1_000_000n }).startNs
}

/** A hash of all that makes the record itself: one that is sent again has it too. */
function idOf(log: OtlpLog, name: string): string {
  const { traceId, spanId, timeNs, observedNs, severity, body, attributes } = log
  const parts = [traceId, spanId, name, timeNs, observedNs, severity, jsonText(body), jsonText(new Map(attributes))]
  return createHash('sha256').update(parts.join('\n')).digest('hex').slice(0, 32)
}

const isId = (id: string, digits: number) => id.length === digits && /^[0-9a-f]+$/.test(id) && /[^0]/.test(id)
