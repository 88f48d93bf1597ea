import { z } from 'zod'
import type { ClickHouse } from './clickhouse.ts'
import { dayMs } from './domain/time.ts'

const row = z.object({
  signals: z.coerce.number(),
  /** Their trace has no span yet. */
  waiting: z.coerce.number(),
  /** Nor had it an hour after they came: it was lost, or never sent, or sent elsewhere. */
  lost: z.coerce.number(),
  /** Came before the last span of their trace, and are tied to it. */
  early: z.coerce.number(),
  /** Were given a day or more after their trace began. */
  late: z.coerce.number(),
  /** A trace that is waited for, one that is lost, or ''. */
  waitingExample: z.string(),
  lostExample: z.string(),
})
export type SignalArrivals = z.infer<typeof row>

/** How far before a signal its trace may have begun and still be found: longer than a feedback token holds. */
const reachMs = 40 * dayMs

const nothing = { signals: 0, waiting: 0, lost: 0, early: 0, late: 0, waitingExample: '', lostExample: '' }

/** Signals received in a window, and what they found: a trace, or none. */
export async function readSignalArrivals(
  clickhouse: ClickHouse,
  { projectId, from, to }: { projectId: string; from: Date; to: Date },
): Promise<SignalArrivals> {
  const [found] = await clickhouse.query({
    sql: `
with given as (
  select trace_id, at, received_at, received_at < now() - interval 1 hour as old
  from signals final
  where project_id = {projectId:String}
    and received_at >= fromUnixTimestamp64Milli({from:Int64}, 'UTC')
    and received_at < fromUnixTimestamp64Milli({to:Int64}, 'UTC')
),
found as (
  select trace_id, 1 as matched, min(start_time) as started, max(end_time) as ended
  from traces
  where project_id = {projectId:String}
    and hour >= toStartOfHour(fromUnixTimestamp64Milli({reach:Int64}))
    and trace_id in (select trace_id from given)
    and span_count > 0
  group by trace_id
)
select
  count() as signals,
  countIf(not matched and not old) as waiting,
  countIf(not matched and old) as lost,
  countIf(matched and received_at < ended) as early,
  countIf(matched and at > started + interval 1 day) as late,
  anyIf(given.trace_id, not matched and not old) as waitingExample,
  anyIf(given.trace_id, not matched and old) as lostExample
from given
left join found on found.trace_id = given.trace_id`,
    params: { projectId, from: from.getTime(), to: to.getTime(), reach: from.getTime() - reachMs },
    row,
  })
  return found ?? nothing
}
