import { z } from 'zod'
import type { ClickHouse } from './clickhouse.ts'
import type { Polarity, SignalKind } from './domain/signals.ts'

/** One piece of feedback as it is stored. An absent text is '', an absent value null. */
export type Signal = {
  projectId: string
  traceId: string
  id: string
  spanId: string
  runId: string
  sessionId: string
  userId: string
  kind: SignalKind
  value: number | null
  polarity: Polarity
  action: string
  comment: string
  labels: Record<string, string>
  at: Date
  source: string
  /** When it came, where that is not now: of two with one id the later one holds. */
  receivedAt?: Date
}

/** Stores signals; resolves when they are. One with an id that its trace has already takes that one's place. */
export async function insertSignals(clickhouse: ClickHouse, signals: readonly Signal[], receivedAt = new Date()) {
  const rows = signals.map(signal => ({
    project_id: signal.projectId,
    trace_id: signal.traceId,
    id: signal.id,
    span_id: signal.spanId,
    run_id: signal.runId,
    session_id: signal.sessionId,
    user_id: signal.userId,
    kind: signal.kind,
    value: signal.value ?? 'nan',
    polarity: signal.polarity,
    action: signal.action,
    comment: signal.comment,
    labels: signal.labels,
    at: signal.at.toISOString(),
    source: signal.source,
    received_at: (signal.receivedAt ?? receivedAt).toISOString(),
  }))
  await clickhouse.insertRows({ table: 'signals', rows })
}

const row = z
  .object({
    id: z.string(),
    span_id: z.string(),
    run_id: z.string(),
    session_id: z.string(),
    user_id: z.string(),
    kind: z.string(),
    value: z.number().nullable(),
    polarity: z.number(),
    action: z.string(),
    comment: z.string(),
    labels: z.record(z.string(), z.string()),
    at_ms: z.coerce.number(),
    source: z.string(),
  })
  .transform(({ span_id, run_id, session_id, user_id, at_ms, ...rest }) => ({
    ...rest,
    spanId: span_id,
    runId: run_id,
    sessionId: session_id,
    userId: user_id,
    at: new Date(at_ms),
  }))
export type StoredSignal = z.output<typeof row>

/** All feedback on a trace, as last corrected, oldest first. */
export function listSignals(
  clickhouse: ClickHouse,
  { projectId, traceId }: { projectId: string; traceId: string },
): Promise<StoredSignal[]> {
  return clickhouse.query({
    sql: `
      select
        id, span_id, run_id, session_id, user_id, kind, if(isNaN(value), null, value) as value, polarity, action,
        comment, labels, toUnixTimestamp64Milli(at) as at_ms, source
      from signals final
      where project_id = {projectId:String}
        and trace_id = {traceId:String}
      order by at, id`,
    params: { projectId, traceId },
    row,
  })
}

/** Which of these traces have spans already; a signal may come before its trace. */
export async function knownTraces(
  clickhouse: ClickHouse,
  { projectId, traceIds }: { projectId: string; traceIds: readonly string[] },
): Promise<Set<string>> {
  if (traceIds.length === 0) return new Set()
  const rows = await clickhouse.query({
    sql: `
      select distinct trace_id
      from traces
      where project_id = {projectId:String}
        and trace_id in {traceIds:Array(String)}
        and span_count > 0`,
    params: { projectId, traceIds },
    row: z.object({ trace_id: z.string() }),
  })
  return new Set(rows.map(({ trace_id }) => trace_id))
}

const said = z.object({
  trace_id: z.string(),
  id: z.string(),
  kind: z.string(),
  value: z.number().nullable(),
  action: z.string(),
  comment: z.string(),
  labels: z.record(z.string(), z.string()),
  received_ms: z.coerce.number(),
})
type Named = Pick<Signal, 'traceId' | 'id'>
export type SaidBefore = Omit<z.output<typeof said>, 'trace_id' | 'received_ms'> & { traceId: string; receivedAt: Date }

/** What is known by the traces and ids of these signals, as last corrected: it is what they will replace. */
export async function saidBefore(
  clickhouse: ClickHouse,
  { projectId, signals }: { projectId: string; signals: readonly Named[] },
): Promise<SaidBefore[]> {
  if (signals.length === 0) return []
  const rows = await clickhouse.query({
    sql: `
      select
        trace_id, id, kind, if(isNaN(value), null, value) as value, action, comment, labels,
        toUnixTimestamp64Milli(received_at) as received_ms
      from signals final
      where project_id = {projectId:String}
        and trace_id in {traceIds:Array(String)}
        and (trace_id, id) in arrayZip({traceIds:Array(String)}, {ids:Array(String)})`,
    params: { projectId, traceIds: signals.map(({ traceId }) => traceId), ids: signals.map(({ id }) => id) },
    row: said,
  })
  return rows.map(({ trace_id, received_ms, ...rest }) => ({
    ...rest,
    traceId: trace_id,
    receivedAt: new Date(received_ms),
  }))
}

/** How many signals with ids of this beginning each of these traces has; a trace without any is not in the answer. */
export async function countSignals(
  clickhouse: ClickHouse,
  { projectId, traceIds, idPrefix }: { projectId: string; traceIds: readonly string[]; idPrefix: string },
): Promise<Map<string, number>> {
  const rows = await clickhouse.query({
    sql: `
      select trace_id, uniqExact(id) as count
      from signals
      where project_id = {projectId:String}
        and trace_id in {traceIds:Array(String)}
        and startsWith(id, {idPrefix:String})
      group by trace_id`,
    params: { projectId, traceIds, idPrefix },
    row: z.object({ trace_id: z.string(), count: z.coerce.number() }),
  })
  return new Map(rows.map(({ trace_id, count }) => [trace_id, count]))
}
