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

type Range = { from: Date; to: Date }

/** Spans that began in either of two windows, by the convention they were mapped by. */
export async function readMappings(
  clickhouse: ClickHouse,
  { projectId, baseline, current }: { projectId: string; baseline: Range; current: Range },
) {
  return clickhouse.query({
    sql: `
      select
        mapped_by as name,
        countIf(${within('baseline')}) as baseline,
        countIf(${within('current')}) as current
      from spans
      where project_id = {project:String}
        and (${within('baseline')} or ${within('current')})
      group by name`,
    params: { project: projectId, ...paramsOf('baseline', baseline), ...paramsOf('current', current) },
    row: z.object({ name: z.string(), baseline: number, current: number }),
  })
}

/** Windows begin and end on the minute, by which spans are sorted. */
const within = (name: 'baseline' | 'current') =>
  `(toStartOfMinute(start_time) >= toDateTime({${name}_from:UInt32}, 'UTC')
    and toStartOfMinute(start_time) < toDateTime({${name}_to:UInt32}, 'UTC'))`

const paramsOf = (name: 'baseline' | 'current', { from, to }: Range) => ({
  [`${name}_from`]: seconds(from),
  [`${name}_to`]: seconds(to),
})

const seconds = (at: Date) => Math.max(0, Math.floor(at.getTime() / 1000))
