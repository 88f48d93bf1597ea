import { z } from 'zod'
import type { ClickHouse } from './clickhouse.ts'
import { bucketSeconds, bucketStarts } from './domain/time.ts'

type Store = Pick<ClickHouse, 'query'>
type Window = { projectId: string; from: Date; to: Date }

const arrival = z.object({
  item: z.string(),
  outcome: z.enum(['received', 'stored', 'duplicate', 'corrected', 'rejected', 'spooled', 'not kept']),
  reason: z.string(),
  client: z.string(),
  count: z.coerce.number(),
  bytes: z.coerce.number(),
  lastAtMs: z.coerce.number(),
})
export type Arrival = z.infer<typeof arrival>

/** What arrived and what became of it, from the ingest ledger; `from` counts from the start of its hour. */
export function listArrivals(clickhouse: Store, { projectId, from, to }: Window): Promise<Arrival[]> {
  return clickhouse.query({
    sql: `
      select
        item,
        outcome,
        reason,
        client,
        sum(ledger.count) as count,
        sum(ledger.bytes) as bytes,
        toUnixTimestamp64Milli(max(last_at)) as lastAtMs
      from ledger
      where project_id = {projectId:String}
        and hour >= toStartOfHour(fromUnixTimestamp64Milli({from:Int64}))
        and hour <= fromUnixTimestamp64Milli({to:Int64})
      group by item, outcome, reason, client
      order by count desc`,
    params: { projectId, from: from.getTime(), to: to.getTime() },
    row: arrival,
  })
}

const seriesRow = z.object({
  at: z.coerce.number(),
  outcome: z.string(),
  count: z.coerce.number(),
  bytes: z.coerce.number(),
})

/** What arrived in one bucket of time, and what became of it. */
export type ArrivalPoint = {
  /** Start of the bucket, epoch milliseconds. */
  at: number
  received: number
  stored: number
  duplicate: number
  corrected: number
  rejected: number
  spooled: number
  notKept: number
  bytes: number
}

const hoursOfWeek = 168
/** The ledger counts by the hour: shorter buckets cannot be told apart. A week is shown hour by hour. */
export const arrivalBucketSeconds = (range: { from: Date; to: Date }) =>
  Math.max(3_600, bucketSeconds(range, hoursOfWeek))

/** The ledger of one item over time; a bucket in which nothing came counts 0. */
export async function arrivalSeries(
  clickhouse: Store,
  { projectId, from, to, item, seconds }: Window & { item: string; seconds: number },
): Promise<ArrivalPoint[]> {
  const rows = await clickhouse.query({
    sql: `
      select
        intDiv(toUnixTimestamp(hour), {seconds:UInt32}) * {seconds:UInt32} * 1000 as at,
        outcome,
        sum(ledger.count) as count,
        sum(ledger.bytes) as bytes
      from ledger
      where project_id = {projectId:String}
        and hour >= toStartOfHour(fromUnixTimestamp64Milli({from:Int64}))
        and hour <= fromUnixTimestamp64Milli({to:Int64})
        and item = {item:String}
      group by at, outcome`,
    params: { projectId, from: from.getTime(), to: to.getTime(), item, seconds },
    row: seriesRow,
  })
  const found = new Map(rows.map(row => [`${row.at}/${row.outcome}`, row]))
  return bucketStarts({ from, to }, seconds).map(at => {
    const count = (outcome: string) => found.get(`${at}/${outcome}`)?.count ?? 0
    return {
      at,
      received: count('received'),
      stored: count('stored'),
      duplicate: count('duplicate'),
      corrected: count('corrected'),
      rejected: count('rejected'),
      spooled: count('spooled'),
      notKept: count('not kept'),
      bytes: found.get(`${at}/received`)?.bytes ?? 0,
    }
  })
}

const convention = z.object({
  mappedBy: z.string(),
  spans: z.coerce.number(),
  lastAtMs: z.coerce.number(),
  traceId: z.string(),
})
/** Spans whose kind the same attribute decided ('' where none did), and one of the newest of their traces. */
export type ConventionSeen = z.infer<typeof convention>

/** By what the spans received in a window were understood. */
export function listConventions(clickhouse: Store, { projectId, from, to }: Window): Promise<ConventionSeen[]> {
  return clickhouse.query({
    sql: `
      select
        splitByString(', ', mapped_by)[1] as mappedBy,
        count() as spans,
        toUnixTimestamp64Milli(max(received_at)) as lastAtMs,
        argMax(trace_id, received_at) as traceId
      from spans
      where project_id = {projectId:String}
        and received_at >= fromUnixTimestamp64Milli({from:Int64})
        and received_at <= fromUnixTimestamp64Milli({to:Int64})
      group by mappedBy
      order by spans desc`,
    params: { projectId, from: from.getTime(), to: to.getTime() },
    row: convention,
  })
}

const newest = z.object({ traceId: z.string(), name: z.string(), startMs: z.coerce.number(), spans: z.coerce.number() })
export type NewestTrace = z.infer<typeof newest>

/** The trace that began last within the window, or undefined when none did. */
export async function newestTrace(
  clickhouse: Store,
  { projectId, from, to }: Window,
): Promise<NewestTrace | undefined> {
  const [row] = await clickhouse.query({
    sql: `
      select
        trace_id as traceId,
        max(root_name) as name,
        toUnixTimestamp64Milli(min(start_time)) as startMs,
        sum(span_count) as spans
      from traces
      where project_id = {projectId:String}
        and hour >= toStartOfHour(fromUnixTimestamp64Milli({from:Int64}))
        and hour <= fromUnixTimestamp64Milli({to:Int64})
      group by trace_id
      having spans > 0
      order by startMs desc
      limit 1`,
    params: { projectId, from: from.getTime(), to: to.getTime() },
    row: newest,
  })
  return row
}
