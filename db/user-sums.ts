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

/** M and D of a user by name, for `sumColumns`. */
export const userColumns = (id: string, { m, d }: { m: string; d: string }, suffix: string): string[] => [
  `toFloat64(${m}) as ${id}_m${suffix}`,
  `toFloat64(${d}) as ${id}_d${suffix}`,
]

const sumNames = ['users', 'm', 'd', 'mm', 'md', 'dd', 'some', 'rest'] as const

/** The sums over users of what `userColumns` made. */
export function sumColumns(id: string, suffix: string): string[] {
  const [m, d] = [`${id}_m${suffix}`, `${id}_d${suffix}`]
  const sums: Record<(typeof sumNames)[number], string> = {
    users: `countIf(${d} > 0)`,
    m: `sum(${m})`,
    d: `sum(${d})`,
    mm: `sum(${m} * ${m})`,
    md: `sum(${m} * ${d})`,
    dd: `sum(${d} * ${d})`,
    some: `countIf(${m} > 0)`,
    rest: `countIf(${d} - ${m} > 0)`,
  }
  return sumNames.map(name => `${sums[name]} as ${id}_sum_${name}${suffix}`)
}

export const eventSums = (row: Record<string, number>, id: string, suffix: string): EventSums =>
  Object.fromEntries(sumNames.map(name => [name, row[`${id}_sum_${name}${suffix}`] ?? 0])) as EventSums

export const sumsRow = (ids: readonly string[], suffixes: readonly string[]) => {
  const names = ids.flatMap(id => suffixes.flatMap(suffix => sumNames.map(name => `${id}_sum_${name}${suffix}`)))
  return z.object(Object.fromEntries(names.map(name => [name, z.coerce.number()])) as Record<string, z.ZodType<number>>)
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
  const { ctes, params, table, sqlOf } = metricSource(both, ids, by)
  const within = (suffix: string) =>
    `(started >= fromUnixTimestamp64Milli({from${suffix}:Int64}, 'UTC') and started < fromUnixTimestamp64Milli({to${suffix}:Int64}, 'UTC'))`
  const suffixes = ['_a', '_b'] as const
  const perUser = ids.flatMap(id =>
    suffixes.flatMap(suffix => userColumns(id, userTerms(sqlOf[id], within(suffix)), suffix)),
  )
  const sums = ids.flatMap(id => [...suffixes.flatMap(suffix => sumColumns(id, suffix)), ...crossColumns(id)])
  const rows = await clickhouse.query({
    sql: `${ctes},
per_user as (
  select
    ${by ? dimensionColumn(by, set) : "''"} as dimension,
    ${unitSql} as unit,
    ${perUser.join(',\n    ')}
  from ${table}
  where ${within('_a')} or ${within('_b')}
  group by dimension, unit
)
select
  dimension,
  ${sums.join(',\n  ')}
from per_user
group by dimension`,
    params: { ...params, ...windowParams('_a', current), ...windowParams('_b', baseline) },
    row: sumsRow(ids, suffixes).extend({ dimension: z.string(), ...crossRow(ids) }),
  })
  return new Map(
    rows.map(({ dimension, ...sums }) => [String(dimension), comparisons(sums as Record<string, number>, ids, sqlOf)]),
  )
}

const windowParams = (suffix: string, { from, to }: Window) => ({
  [`from${suffix}`]: from.getTime(),
  [`to${suffix}`]: to.getTime(),
})

const crossNames = ['mm', 'md', 'dm', 'dd'] as const
const crossColumns = (id: string) =>
  crossNames.map(([a, b]) => `sum(${id}_${a}_a * ${id}_${b}_b) as ${id}_cross_${a}${b}`)
const crossRow = (ids: readonly string[]) =>
  Object.fromEntries(ids.flatMap(id => crossNames.map(name => [`${id}_cross_${name}`, z.coerce.number()])))

function comparisons<Id extends MetricId>(
  row: Record<string, number>,
  ids: readonly Id[],
  sqlOf: Record<MetricId, MetricSql>,
): Record<Id, WindowSums> {
  const one = (id: Id): WindowSums => ({
    scale: sqlOf[id].log ? 'log' : 'ratio',
    current: eventSums(row, id, '_a'),
    baseline: eventSums(row, id, '_b'),
    cross: Object.fromEntries(crossNames.map(name => [name, row[`${id}_cross_${name}`] ?? 0])) as CrossSums,
  })
  return Object.fromEntries(ids.map(id => [id, one(id)])) as Record<Id, WindowSums>
}
