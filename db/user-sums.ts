import { z } from 'zod'
import type { ClickHouse } from './clickhouse.ts'
import type { MetricDimension, MetricId } from './domain/metrics.ts'
import type { CrossSums, UserSums } from './domain/stats/sums.ts'
import type { Comparison } from './domain/week-over-week.ts'
import type { MetricSql } from './metric-sql.ts'
import { dimensionColumn, metricSource } from './metrics.ts'
import type { TraceSet } from './trace-set.ts'

/** Sums, and the users who have any of the numerator, and any of the rest of the denominator. */
export type EventSums = UserSums & { some: number; rest: number }

/** The user, or who stands for one: a trace without a user counts as a user of its own session. */
export const unitSql = "if(user_id = '', session_key, user_id)"

/** A user's M and D of a metric, as aggregates over those of their traces that meet a condition. */
export function userTerms(
  { numerator, denominator, distinct, log }: MetricSql,
  when: string,
  /** Most of M for each of D: a number that was frozen beforehand, as a parameter. */
  cap?: string,
): { m: string; d: string } {
  if (log) {
    const count = `sumIf(${log.count}, ${when})`
    return { m: `if(${count} > 0, sumIf(${log.sum}, ${when}) / ${count}, 0)`, d: `(${count} > 0)` }
  }
  const d = distinct ? `uniqExactIf(${distinct}, ${when})` : `sumIf(${denominator}, ${when})`
  const m = `sumIf(${numerator}, ${when})`
  return { m: cap ? `least(${m}, ${cap} * ${d})` : m, d }
}

type Terms = { m: string; d: string }

const floats = (values: string[]) =>
  values.length === 0 ? 'emptyArrayFloat64()' : `[${values.map(value => `toFloat64(${value})`).join(', ')}]`

/**
 * M and D of a user, a list of each with a place a metric. Lists, because ClickHouse plans a handful of expressions over
 * lists many times faster than one for each sum of each metric.
 */
export const userColumns = (terms: readonly Terms[], suffix = ''): string[] => [
  `${floats(terms.map(({ m }) => m))} as m${suffix}`,
  `${floats(terms.map(({ d }) => d))} as d${suffix}`,
]

const sumNames = ['users', 'm', 'd', 'mm', 'md', 'dd', 'some', 'rest'] as const

/** The sums over users of what `userColumns` made: a list, to be read by `eventSums`. */
export const sumColumn = (suffix = ''): string =>
  `sumForEach(arrayFlatten(arrayMap(
    (m, d) -> [toFloat64(d > 0), m, d, m * m, m * d, d * d, toFloat64(m > 0), toFloat64(d - m > 0)],
    m${suffix}, d${suffix}))) as sums${suffix}`

export const sumList = z.array(z.coerce.number())

/** The sums of the metric at a place; zeros where there were no users. */
export function eventSums(sums: readonly number[], place: number): EventSums {
  const own = sums.slice(place * sumNames.length)
  return Object.fromEntries(sumNames.map((name, at) => [name, own[at] ?? 0])) as EventSums
}

export type Window = { from: Date; to: Date }
export type WindowSums = Comparison & { current: EventSums; baseline: EventSums }

/**
 * Per-user sums of metrics in two windows and of their cross products, computed in the store: no user's row leaves it.
 * `set` gives the project and the filters. With `by`, a row for each value of the dimension that this window's traces
 * have, by key; else one row with the key ''.
 */
export async function readWindows<Id extends MetricId>(
  clickhouse: ClickHouse,
  { set, current, baseline }: { set: Pick<TraceSet, 'projectId' | 'filters'>; current: Window; baseline: Window },
  ids: readonly Id[],
  by?: MetricDimension,
): Promise<Map<string, Record<Id, WindowSums>>> {
  const both = {
    ...set,
    from: new Date(Math.min(current.from.getTime(), baseline.from.getTime())),
    to: new Date(Math.max(current.to.getTime(), baseline.to.getTime())),
  }
  const { ctes, params, table, sqlOf } = metricSource(both, ids, by, unitSql)
  const within = (suffix: string) =>
    `started >= fromUnixTimestamp64Milli({from${suffix}:Int64}, 'UTC') and started < fromUnixTimestamp64Milli({to${suffix}:Int64}, 'UTC')`
  const terms = (when: string) => ids.map(id => userTerms(sqlOf[id], when))
  const columns = [...userColumns(terms('in_a'), '_a'), ...userColumns(terms('in_b'), '_b')]
  const rows = await clickhouse.query({
    sql: `${ctes},
per_user as (
  select
    ${by ? dimensionColumn(by, set) : "''"} as dimension,
    ${unitSql} as unit,
    ${columns.join(',\n    ')}
  from (select *, ${within('_a')} as in_a, ${within('_b')} as in_b from ${table})
  where in_a or in_b
  group by dimension, unit
)
select
  dimension,
  ${sumColumn('_a')},
  ${sumColumn('_b')},
  sumForEach(arrayFlatten(arrayMap(
    (ma, da, mb, db) -> [ma * mb, ma * db, da * mb, da * db],
    m_a, d_a, m_b, d_b))) as cross
from per_user
group by dimension`,
    params: { ...params, ...windowParams('_a', current), ...windowParams('_b', baseline) },
    row: z.object({ dimension: z.string(), sums_a: sumList, sums_b: sumList, cross: sumList }),
  })
  return new Map(
    rows.map(({ dimension, sums_a, sums_b, cross }) => {
      const one = (id: Id, at: number): [Id, WindowSums] => [
        id,
        {
          scale: sqlOf[id].log ? 'log' : 'ratio',
          current: eventSums(sums_a, at),
          baseline: eventSums(sums_b, at),
          cross: crossSums(cross, at),
        },
      ]
      return [dimension, Object.fromEntries(ids.map(one)) as Record<Id, WindowSums>]
    }),
  )
}

const windowParams = (suffix: string, { from, to }: Window) => ({
  [`from${suffix}`]: from.getTime(),
  [`to${suffix}`]: to.getTime(),
})

function crossSums(cross: readonly number[], place: number): CrossSums {
  const [mm = 0, md = 0, dm = 0, dd = 0] = cross.slice(place * 4)
  return { mm, md, dm, dd }
}
