import { z } from 'zod'
import type { ClickHouse } from './clickhouse.ts'

type Store = Pick<ClickHouse, 'query' | 'insertRows'>

/** An event of a span that came as a log record; attribute values are JSON texts. */
export type LoggedEvent = {
  projectId: string
  traceId: string
  /** '' where the record names a trace only. */
  spanId: string
  /** The same for a record that is sent again, and for no other. */
  id: string
  atNs: bigint
  /** Its place in its request. */
  position: number
  name: string
  attributes: Record<string, string>
  /** What it tells of the span's input and output: the whole, or one message of it. */
  input: string
  output: string
  isMessage: boolean
  /** Variants by flag, which become facts of the trace. */
  flags: Record<string, string>
}

const idsPerQuery = 4_000

/** Which of these are stored already, by id. */
export async function existingEvents(clickhouse: Store, events: readonly LoggedEvent[]): Promise<Set<string>> {
  const found = new Set<string>()
  for (let at = 0; at < events.length; at += idsPerQuery) {
    const some = events.slice(at, at + idsPerQuery)
    const rows = await clickhouse.query({
      sql: `
select id
from span_events
where project_id in {projects:Array(String)}
  and trace_id in {traces:Array(String)}
  and id in {ids:Array(String)}`,
      params: {
        projects: [...new Set(some.map(event => event.projectId))],
        traces: [...new Set(some.map(event => event.traceId))],
        ids: some.map(event => event.id),
      },
      row: z.object({ id: z.string() }),
    })
    for (const { id } of rows) found.add(id)
  }
  return found
}

/** No span starts then: a trace's start is the least of its rows', so this one never decides it. */
const noStart = '2261-01-01T00:00:00Z'

/**
 * Stores events; resolves when they are. Flags go to `traces` first, as facts of the trace: a row without spans, which
 * by itself is no trace, and is the same however often it is merged in. So what was cut short is made good when it is
 * sent again.
 */
export async function insertEvents(clickhouse: Store, events: readonly LoggedEvent[]): Promise<void> {
  const flagged = events.filter(({ flags }) => Object.keys(flags).length > 0)
  await clickhouse.insertRows({
    table: 'traces',
    rows: flagged.map(({ projectId, traceId, atNs, flags }) => ({
      project_id: projectId,
      hour: Number(atNs / 3_600_000_000_000n) * 3600,
      trace_id: traceId,
      start_time: noStart,
      end_time: '1970-01-01T00:00:00Z',
      ttft_ms: -1,
      feature_flags: Object.entries(flags).map(([flag, variant]) => `${flag}=${variant}`),
    })),
  })
  await clickhouse.insertRows({
    table: 'span_events',
    rows: events.map(event => ({
      project_id: event.projectId,
      trace_id: event.traceId,
      span_id: event.spanId,
      id: event.id,
      at: isoNs(event.atNs),
      position: event.position,
      name: event.name,
      attributes: event.attributes,
      input: event.input,
      output: event.output,
      is_message: event.isMessage ? 1 : 0,
    })),
  })
}

const isoNs = (ns: bigint) =>
  `${new Date(Number(ns / 1_000_000_000n) * 1000).toISOString().slice(0, 19)}.${String(ns % 1_000_000_000n).padStart(9, '0')}Z`

const eventRow = z.object({
  span_id: z.string(),
  name: z.string(),
  at_ns: z.string(),
  attributes: z.record(z.string(), z.string()),
  input: z.string(),
  output: z.string(),
  is_message: z.coerce.number(),
})
type EventRow = z.output<typeof eventRow>

/** What logs tell of one span. */
export type SpanLogs = {
  events: { name: string; timeNs: string; attributes: Record<string, string> }[]
  input: string
  output: string
}
type Wanted = { projectId: string; traceId: string; spanId?: string }

/** Logged events of a trace by span, or those of one of its spans; in their order, each once. */
export async function listLoggedEvents(
  clickhouse: Pick<ClickHouse, 'query'>,
  { projectId, traceId, spanId }: Wanted,
): Promise<Map<string, SpanLogs>> {
  const rows = await clickhouse.query({
    sql: `
select span_id, name, toString(toUnixTimestamp64Nano(at)) as at_ns, attributes, input, output, is_message
from span_events
where project_id = {project:String}
  and trace_id = {trace:String}
  ${spanId === undefined ? '' : 'and span_id = {span:String}'}
order by at, position
limit 1 by span_id, id`,
    params: { project: projectId, trace: traceId, span: spanId ?? '' },
    row: eventRow,
  })
  const bySpan = Map.groupBy(rows, ({ span_id }) => span_id)
  return new Map([...bySpan].map(([id, events]) => [id, joined(events)]))
}

function joined(rows: EventRow[]): SpanLogs {
  return {
    events: rows.map(row => ({ name: row.name, timeNs: row.at_ns, attributes: row.attributes })),
    input: payload(rows, 'input'),
    output: payload(rows, 'output'),
  }
}

/** A record that tells all of it, the last one; else the messages together. */
function payload(rows: EventRow[], side: 'input' | 'output'): string {
  const told = rows.filter(row => row[side] !== '')
  const whole = told.findLast(row => row.is_message === 0)
  if (whole) return whole[side]
  return told.length > 0 ? `[${told.map(row => row[side]).join(',')}]` : ''
}
