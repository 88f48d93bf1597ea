import type { ClickHouse } from './clickhouse.ts'
import { type MetricId, metricIds } from './domain/metrics.ts'
import { hourMs } from './domain/time.ts'
import type { TraceFilters } from './domain/trace-filters.ts'
import type { CrossSums, UserSums } from './domain/week-over-week.ts'
import { metricSql } from './metric-sql.ts'
import { type EventSums, readWindows, userTerms } from './user-sums.ts'

export { unitSql } from './user-sums.ts'

export const watchedMetrics = [
  'negative_feedback_rate',
  'task_completion_rate',
  'tool_failure_rate',
  'latency',
  'cost_per_session',
] as const satisfies readonly MetricId[]
export type WatchedMetric = (typeof watchedMetrics)[number]

/** Sums of one user in one week, as aggregates over that week's traces (`in_week` is the condition). */
export const userSums = Object.fromEntries(
  metricIds.map(id => [id, { scale: metricSql[id].log ? 'log' : 'ratio', ...userTerms(metricSql[id], 'in_week') }]),
) as Record<MetricId, { scale: 'ratio' | 'log'; m: string; d: string }>

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
 * Per-user sums of a metric in both weeks. Deterministic traces are an arm of their own and are left out unless asked
 * for; a trace without a user counts as a user of its own session. On the log scale each user counts by their mean.
 */
export async function readWeeks(
  clickhouse: ClickHouse,
  { projectId, metric, now, filters = { serving: ['ai'] }, windowMs, latenessMs }: Windows,
): Promise<{ scale: 'ratio' | 'log'; current: UserSums; baseline: UserSums; cross: CrossSums }> {
  const { baseline, current, end } = weeks(now, windowMs, latenessMs)
  const windows = { current: { from: current, to: end }, baseline: { from: baseline, to: current } }
  const rows = await readWindows(clickhouse, { set: { projectId, filters }, ...windows }, [metric])
  const read = rows.get('')?.[metric]
  const { scale } = userSums[metric]
  if (!read) return { scale, current: none, baseline: none, cross: { mm: 0, md: 0, dm: 0, dd: 0 } }
  return { ...read, current: withoutEvents(read.current), baseline: withoutEvents(read.baseline) }
}

const none: UserSums = { users: 0, m: 0, d: 0, mm: 0, md: 0, dd: 0 }
const withoutEvents = ({ some: _, rest: __, ...sums }: EventSums): UserSums => sums
