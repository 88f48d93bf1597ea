import { z } from 'zod'
import type { ClickHouse } from './clickhouse.ts'

type Window = { projectId: string; from: Date; to: Date }

const number = z.coerce.number()

/** Spans received by hour (epoch ms of its start), as the ingest ledger counts them. */
export async function receivedByHour(
  clickhouse: ClickHouse,
  { projectId, from, to }: Window,
): Promise<Map<number, number>> {
  const rows = await clickhouse.query({
    sql: `
      select toUnixTimestamp(hour) * 1000 as at, sum(ledger.count) as spans
      from ledger
      where project_id = {project:String}
        and hour >= toDateTime({from:UInt32}, 'UTC')
        and hour < toDateTime({to:UInt32}, 'UTC')
        and item = 'spans'
        and outcome = 'received'
      group by hour`,
    params: { project: projectId, from: seconds(from), to: seconds(to) },
    row: z.object({ at: number, spans: number }),
  })
  return new Map(rows.map(row => [row.at, row.spans]))
}

/** Spans on both sides of a moment by the convention they were mapped by. */
export async function mappingsAround(clickhouse: ClickHouse, { projectId, from, split, to }: Window & { split: Date }) {
  return clickhouse.query({
    sql: `
      select
        mapped_by as name,
        countIf(start_time < fromUnixTimestamp64Milli({split:Int64}, 'UTC')) as baseline,
        countIf(start_time >= fromUnixTimestamp64Milli({split:Int64}, 'UTC')) as current
      from spans
      where project_id = {project:String}
        and toStartOfMinute(start_time) >= toDateTime({from:UInt32}, 'UTC')
        and toStartOfMinute(start_time) < toDateTime({to:UInt32}, 'UTC')
      group by name`,
    params: { project: projectId, from: seconds(from), to: seconds(to), split: split.getTime() },
    row: z.object({ name: z.string(), baseline: number, current: number }),
  })
}

const seconds = (at: Date) => Math.max(0, Math.floor(at.getTime() / 1000))
