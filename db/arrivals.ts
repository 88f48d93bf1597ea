import { z } from 'zod'
import type { ClickHouse } from './clickhouse.ts'

type Store = Pick<ClickHouse, 'query'>
type Window = { projectId: string; from: Date; to: Date }

const arrival = z.object({
  item: z.string(),
  outcome: z.enum(['received', 'stored', 'duplicate', 'rejected', 'spooled', 'not kept']),
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
