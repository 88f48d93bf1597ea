import type { ClickHouse } from '../../../db/clickhouse.ts'
import type { MetricId } from '../../../db/domain/metrics.ts'
import { bucketSeconds, previousRange, readRange } from '../../../db/domain/time.ts'
import { readFilters, type TraceFilters } from '../../../db/domain/trace-filters.ts'
import { newestNegative } from '../../../db/feedback.ts'
import { metricSeries, readMetrics } from '../../../db/metrics.ts'
import { hasTraces, readTotals, volumeSeries } from '../../../db/volume.ts'

const shown = [
  'negative_feedback_rate',
  'task_completion_rate',
  'tool_failure_rate',
  'latency',
  'cost_per_session',
] as const satisfies MetricId[]

/**
 * All that the page shows of a window. Deterministic traces are an arm of their own: without a choice in the URL the
 * page is about those that a model served, or about the others where there are only those.
 */
export async function readOverview(clickhouse: ClickHouse, projectId: string, params: URLSearchParams, now: Date) {
  const range = readRange(params, now)
  const asked = readFilters(params)
  const whole = { projectId, ...range, filters: asked }
  const [seen, arms] = await Promise.all([hasTraces(clickhouse, projectId), readTotals(clickhouse, whole)])
  if (!seen) return { seen: false as const }
  const serving = asked.serving ?? [arms.ai === 0 && arms.deterministic > 0 ? 'deterministic' : 'ai']
  const filters: TraceFilters = { ...asked, serving }
  const set = { projectId, ...range, filters }
  const before = { ...set, ...previousRange(range) }
  const seconds = bucketSeconds(range)
  const compare = params.get('compare') === 'previous'
  const [totals, readings, readingsBefore, series, volume, latencyBefore, volumeBefore, negative] = await Promise.all([
    readTotals(clickhouse, set),
    readMetrics(clickhouse, set, shown),
    readMetrics(clickhouse, before, shown),
    metricSeries(clickhouse, set, shown, seconds),
    volumeSeries(clickhouse, set, seconds),
    compare ? metricSeries(clickhouse, before, ['latency'], seconds) : undefined,
    compare ? volumeSeries(clickhouse, before, seconds) : undefined,
    newestNegative(clickhouse, set),
  ])
  return {
    seen: true as const,
    fromMs: range.from.getTime(),
    toMs: range.to.getTime(),
    preset: range.preset,
    bucketSeconds: seconds,
    arms: { ai: arms.ai, deterministic: arms.deterministic, serving: serving.length === 1 ? serving[0]! : 'all' },
    filters,
    totals,
    readings,
    readingsBefore,
    series,
    volume,
    before: volumeBefore && latencyBefore ? { volume: volumeBefore, latency: latencyBefore.latency } : undefined,
    negative,
  }
}

export type OverviewData = Extract<Awaited<ReturnType<typeof readOverview>>, { seen: true }> & { projectId: string }
