import { z } from 'zod'
import type { ClickHouse } from './clickhouse.ts'
import type { MetricId } from './domain/metrics.ts'
import { hourMs } from './domain/time.ts'
import type { TraceFilters } from './domain/trace-filters.ts'
import type { CrossSums, UserSums } from './domain/week-over-week.ts'
import { traceSet } from './trace-set.ts'

/** Sums of one user in one week, as aggregates over that week's traces (`in_week` is the condition). */
export const userSums: Record<MetricId, { scale: 'ratio' | 'log'; m: string; d: string }> = {
  negative_feedback_rate: {
    scale: 'ratio',
    m: 'countIf(negative > 0 and in_week)',
    d: 'countIf(negative + positive > 0 and in_week)',
  },
  task_completion_rate: {
    scale: 'ratio',
    m: 'countIf(ended and completed and in_week)',
    d: 'countIf(ended and in_week)',
  },
  tool_failure_rate: { scale: 'ratio', m: 'sumIf(tool_failed + tool_empty, in_week)', d: 'sumIf(tool_count, in_week)' },
  latency: {
    scale: 'log',
    m: 'sumIf(log(latency_ms), has_root and latency_ms > 0 and in_week)',
    d: 'countIf(has_root and latency_ms > 0 and in_week)',
  },
  ttft: {
    scale: 'log',
    m: 'sumIf(log(ttft_ms), ttft_ms > 0 and in_week)',
    d: 'countIf(ttft_ms > 0 and in_week)',
  },
  cost_per_session: { scale: 'ratio', m: 'sumIf(cost_usd, in_week)', d: 'uniqExactIf(session_key, in_week)' },
  action_rate: { scale: 'ratio', m: 'countIf(actions > 0 and in_week)', d: 'countIf(in_week)' },
  error_rate: { scale: 'ratio', m: "countIf(status = 'error' and in_week)", d: 'countIf(in_week)' },
  feedback_response_rate: { scale: 'ratio', m: 'countIf(negative + positive > 0 and in_week)', d: 'countIf(in_week)' },
}

const weekMs = 7 * 24 * hourMs

export type Windows = {
  projectId: string
  metric: MetricId
  now: Date
  filters?: TraceFilters
  windowMs?: number
  /** Spans and signals that come this late still count: the window ends that long ago. */
  latenessMs?: number
}

/** The last complete window less the lateness, aligned to the hour, and the same length before; 7 x 24 h unless told. */
export function weeks(now: Date, windowMs = weekMs, latenessMs = hourMs): { baseline: Date; current: Date; end: Date } {
  const end = Math.floor((now.getTime() - latenessMs) / hourMs) * hourMs
  return { baseline: new Date(end - 2 * windowMs), current: new Date(end - windowMs), end: new Date(end) }
}

/**
 * Per-user sums of a metric in both weeks, computed in the store: no user's row leaves it. Deterministic traces are an
 * arm of their own and are left out unless asked for; a trace without a user counts as a user of its own session.
 */
export async function readWeeks(
  clickhouse: ClickHouse,
  { projectId, metric, now, filters = { serving: ['ai'] }, windowMs, latenessMs }: Windows,
): Promise<{ scale: 'ratio' | 'log'; current: UserSums; baseline: UserSums; cross: CrossSums }> {
  const { baseline, current, end } = weeks(now, windowMs, latenessMs)
  const { ctes, params } = traceSet({ projectId, from: baseline, to: end, filters })
  const { scale, m, d } = userSums[metric]
  const inWeek = (sql: string, sign: '>=' | '<') =>
    sql.replaceAll('in_week', `started ${sign} fromUnixTimestamp64Milli({split_ms:Int64}, 'UTC')`)
  const rows = await clickhouse.query({
    sql: `${ctes},
per_user as (
  select
    ${unitSql} as unit,
    toFloat64(${inWeek(m, '>=')}) as ma,
    toFloat64(${inWeek(d, '>=')}) as da,
    toFloat64(${inWeek(m, '<')}) as mb,
    toFloat64(${inWeek(d, '<')}) as db
  from trace_set
  group by unit
)
select
  ${sumsOf('a')},
  ${sumsOf('b')},
  sum(ma * mb) as cross_mm,
  sum(ma * db) as cross_md,
  sum(da * mb) as cross_dm,
  sum(da * db) as cross_dd
from per_user`,
    params: { ...params, split_ms: current.getTime() },
    row: sumsRow,
  })
  const row = rows[0]!
  const week = (of: 'a' | 'b'): UserSums => ({
    users: row[`users_${of}`],
    m: row[`m_${of}`],
    d: row[`d_${of}`],
    mm: row[`mm_${of}`],
    md: row[`md_${of}`],
    dd: row[`dd_${of}`],
  })
  const cross = { mm: row.cross_mm, md: row.cross_md, dm: row.cross_dm, dd: row.cross_dd }
  return { scale, current: week('a'), baseline: week('b'), cross }
}

/** Whom a trace counts for: its user, else its session. */
export const unitSql = "if(user_id = '', session_key, user_id)"

const sumsOf = (w: 'a' | 'b') =>
  [
    `countIf(d${w} > 0) as users_${w}`,
    `sum(m${w}) as m_${w}`,
    `sum(d${w}) as d_${w}`,
    `sum(m${w} * m${w}) as mm_${w}`,
    `sum(m${w} * d${w}) as md_${w}`,
    `sum(d${w} * d${w}) as dd_${w}`,
  ].join(',\n  ')

const number = z.coerce.number()
const sumsRow = z.object({
  ...{ users_a: number, m_a: number, d_a: number, mm_a: number, md_a: number, dd_a: number },
  ...{ users_b: number, m_b: number, d_b: number, mm_b: number, md_b: number, dd_b: number },
  ...{ cross_mm: number, cross_md: number, cross_dm: number, cross_dd: number },
})
