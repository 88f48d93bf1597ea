import type { ClickHouse } from '../../../db/clickhouse.ts'
import {
  type MetricDimension,
  type MetricId,
  type MetricReading,
  metricById,
  metricDimensions,
  metricIds,
} from '../../../db/domain/metrics.ts'
import type { UserSums } from '../../../db/domain/stats/sums.ts'
import { bucketSeconds, isMostlyWithin, readRange, type TimeRange, weeksBefore } from '../../../db/domain/time.ts'
import { readFilters, type TraceFilters } from '../../../db/domain/trace-filters.ts'
import { judgeChange, shownValue, type WindowChange } from '../../../db/domain/window-change.ts'
import { type MetricPoint, metricBreakdown, metricSeries, readMetric, readMetrics } from '../../../db/metrics.ts'
import { readWindows } from '../../../db/user-sums.ts'
import { hasTraces } from '../../../db/volume.ts'
import { watchedMetrics } from '../../../db/week-over-week.ts'

export const defaultRange = '7d'

/** A metric in this window, and its change on the one some weeks before. */
export type Compared = { now: MetricReading; change: WindowChange }

/** What the pages of quality are asked for by their URL. Without a choice they are about what a model served. */
export function readWindow(projectId: string, params: URLSearchParams, now: Date) {
  const range = readRange(params, now, defaultRange)
  const asked = readFilters(params)
  const filters: TraceFilters = { ...asked, serving: asked.serving ?? ['ai'] }
  const before = weeksBefore(range)
  const set = { projectId, ...range, filters }
  return { range, before, filters, set, setBefore: { ...set, ...before } }
}

export const readMetricId = (params: URLSearchParams): MetricId =>
  metricIds.find(id => id === params.get('metric')) ?? 'negative_feedback_rate'

export const readDimension = (params: URLSearchParams): MetricDimension =>
  metricDimensions.find(by => by === params.get('by')) ?? 'workflow'

/** All that the page shows: the five watched metrics, one of all large, and that one by a dimension. */
export async function readQuality(clickhouse: ClickHouse, projectId: string, params: URLSearchParams, now: Date) {
  const { range, before, filters, set, setBefore } = readWindow(projectId, params, now)
  const metric = readMetricId(params)
  const by = readDimension(params)
  const ids = [...new Set([...watchedMetrics, metric])]
  const windows = { set: { projectId, filters }, current: range, baseline: before }
  const seconds = bucketSeconds(range, 30)
  const [seen, readings, earlier, sums, series, seriesBefore, rows] = await Promise.all([
    hasTraces(clickhouse, projectId),
    readMetrics(clickhouse, set, ids),
    readMetric(clickhouse, setBefore, metric),
    readWindows(clickhouse, windows, ids),
    metricSeries(clickhouse, set, [metric], seconds),
    metricSeries(clickhouse, setBefore, [metric], seconds),
    readBreakdown(clickhouse, { set, setBefore, windows, metric, by }),
  ])
  const all = sums.get('')
  const compared = Object.fromEntries(
    ids.map(id => [id, { now: readings[id], change: all ? judgeChange(metricById(id), all[id]) : nothing }]),
  ) as Record<MetricId, Compared>
  return {
    seen,
    ...windowOf(range, before),
    bucketSeconds: seconds,
    filters,
    metric,
    by,
    compared,
    before: earlier,
    series: overlaid(series[metric], seriesBefore[metric], range, seconds),
    rows,
  }
}

/** Both windows' readings over each other, without slivers of buckets at the window's edges. */
export const overlaid = (now: MetricPoint[], before: MetricPoint[], range: TimeRange, seconds: number) =>
  now
    .map(({ at, reading }, i) => ({ at, now: reading, before: before[i]?.reading ?? null }))
    .filter(({ at }) => isMostlyWithin(range, at, seconds))

/** The windows as numbers, for links and words. */
export const windowOf = (range: TimeRange, before: TimeRange) => ({
  fromMs: range.from.getTime(),
  toMs: range.to.getTime(),
  beforeFromMs: before.from.getTime(),
  beforeToMs: before.to.getTime(),
})

export const nothing: WindowChange = {
  verdict: 'unknown',
  reason: 'few_users',
  relative: null,
  low: null,
  high: null,
  users: { current: 0, baseline: 0 },
}

type Asked = {
  set: Parameters<typeof metricBreakdown>[1]
  setBefore: Parameters<typeof metricBreakdown>[1]
  windows: Parameters<typeof readWindows>[1]
  metric: MetricId
  by: MetricDimension
}

/** A row of a breakdown; `before` is the value that is shown for the window before. */
export type BreakdownRow = Compared & { key: string; traces: number; before: number | null }

async function readBreakdown(clickhouse: ClickHouse, asked: Asked): Promise<BreakdownRow[]> {
  const { set, setBefore, windows, metric, by } = asked
  const of = metricById(metric)
  // The sums by user add up to the share before; a median, or sessions told apart, have to be read.
  const isSummed = of.unit === 'share'
  const [rows, rowsBefore, sums] = await Promise.all([
    metricBreakdown(clickhouse, set, [metric], by),
    isSummed ? [] : metricBreakdown(clickhouse, setBefore, [metric], by, 500),
    readWindows(clickhouse, windows, [metric], by),
  ])
  const earlier = new Map(rowsBefore.map(row => [row.key, row.readings[metric]]))
  return rows.map(({ key, traces, readings }) => {
    const both = sums.get(key)?.[metric]
    const change = both ? judgeChange(of, both) : nothing
    const before = isSummed ? shareOf(both?.baseline) : shownValue(of, earlier.get(key))
    return { key, traces, now: readings[metric], before, change }
  })
}

const shareOf = (sums?: UserSums) => (sums && sums.d > 0 ? sums.m / sums.d : null)

export type QualityData = Awaited<ReturnType<typeof readQuality>>
