import { z } from 'zod'
import type { ClickHouse } from './clickhouse.ts'
import type { SegmentDimension } from './domain/alert-rule.ts'
import { type SegmentSums, strataOf, withinChange } from './domain/mix-shift.ts'
import type { Change } from './domain/week-over-week.ts'
import { traceSet } from './trace-set.ts'
import { unitSql, userSums, type Windows, weeks } from './week-over-week.ts'

/** Each trace is in one segment: of several models or variants the whole combination is one. */
const segmentSql: Record<SegmentDimension, string> = {
  workflow: 'workflow',
  version: "concat(workflow, ' v', workflow_version)",
  model: "arrayStringConcat(arraySort(models), ' + ')",
  variant: "arrayStringConcat(arraySort(feature_flags), ', ')",
}

/**
 * The change of a metric within segments: this window's values, weighted as the segments were in the window before.
 * Undefined where there is only one segment, or where it cannot be computed.
 */
export async function readWithin(
  clickhouse: ClickHouse,
  windows: Windows,
  by: SegmentDimension,
): Promise<Change | undefined> {
  const { scale } = userSums[windows.metric]
  const segments = await readSegments(clickhouse, windows, by)
  const strata = strataOf(segments)
  if (segments.length < 2 || strata.length === 0) return undefined
  const names = strata.flatMap(stratum => stratum.segments)
  const each = (of: (stratum: (typeof strata)[number]) => number) =>
    strata.flatMap(stratum => stratum.segments.map(() => of(stratum)))
  const { ctes, params } = cellsOf(windows, by)
  const [row] = await clickhouse.query({
    sql: `${ctes},
influence as (
  select
    unit,
    sum(transform(segment, {segments:Array(String)}, {weight_a:Array(Float64)}, 0.) * (ma - transform(segment, {segments:Array(String)}, {rate_a:Array(Float64)}, 0.) * da)) as ia,
    sum(transform(segment, {segments:Array(String)}, {weight_b:Array(Float64)}, 0.) * (mb - transform(segment, {segments:Array(String)}, {rate_b:Array(Float64)}, 0.) * db)) as ib
  from cells
  group by unit
)
select sum(ia * ia) as aa, sum(ia * ib) as ab, sum(ib * ib) as bb
from influence`,
    params: {
      ...params,
      segments: names,
      weight_a: each(stratum => stratum.weight / stratum.da),
      rate_a: each(stratum => stratum.ma / stratum.da),
      weight_b: each(stratum => stratum.weight / stratum.db),
      rate_b: each(stratum => stratum.mb / stratum.db),
    },
    row: z.object({ aa: z.coerce.number(), ab: z.coerce.number(), bb: z.coerce.number() }),
  })
  return row && withinChange(strata, row, scale)
}

const most = 500

/** A metric's sums in both windows by segment, the most frequent ones. */
export async function readSegments(
  clickhouse: ClickHouse,
  windows: Windows,
  by: SegmentDimension,
): Promise<SegmentSums[]> {
  const { ctes, params } = cellsOf(windows, by)
  return clickhouse.query({
    sql: `${ctes}
select segment, sum(cells.ma) as ma, sum(cells.da) as da, sum(cells.mb) as mb, sum(cells.db) as db
from cells
group by segment
order by da + db desc, segment
limit ${most}`,
    params,
    row: z.object({
      segment: z.string(),
      ma: z.coerce.number(),
      da: z.coerce.number(),
      mb: z.coerce.number(),
      db: z.coerce.number(),
    }),
  })
}

function cellsOf(
  { projectId, metric, now, filters = { serving: ['ai'] }, windowMs, latenessMs }: Windows,
  by: SegmentDimension,
) {
  const { baseline, current, end } = weeks(now, windowMs, latenessMs)
  const { m, d } = userSums[metric]
  const inWeek = (sql: string, sign: '>=' | '<') =>
    sql.replaceAll('in_week', `started ${sign} fromUnixTimestamp64Milli({split_ms:Int64}, 'UTC')`)
  const cells = `cells as (
  select
    ${unitSql} as unit,
    ${segmentSql[by]} as segment,
    toFloat64(${inWeek(m, '>=')}) as ma,
    toFloat64(${inWeek(d, '>=')}) as da,
    toFloat64(${inWeek(m, '<')}) as mb,
    toFloat64(${inWeek(d, '<')}) as db
  from trace_set
  group by unit, segment
)`
  const { ctes, params } = traceSet({ projectId, from: baseline, to: end, filters }, cells)
  return {
    ctes: `${ctes},
${cells}`,
    params: { ...params, split_ms: current.getTime() },
  }
}
