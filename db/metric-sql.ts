import type { MetricId, MetricPart } from './domain/metrics.ts'

/**
 * How a metric is computed, from what each trace adds to it: expressions over the columns of `trace_set`. Its value, its
 * series, its breakdown and its sums by user are all made of these, so that they cannot disagree.
 */
export type MetricSql = {
  /** What a trace adds to the numerator, and to the denominator; a trace with denominator 0 is not measured. */
  numerator: string
  denominator: string
  /** Where the denominator does not add up over traces: it counts the distinct values of this. */
  distinct?: string
  /** What the metric is shown split into, as aggregates. */
  parts?: { [part in MetricPart]?: string }
  /** Where users are compared by their mean logarithm: the sum of it that a trace adds, and how many values that is. */
  log?: { sum: string; count: string }
}

const quantiles = (aggregate: (level: number) => string) => ({
  p50: aggregate(0.5),
  p95: aggregate(0.95),
  p99: aggregate(0.99),
})

const timed = (column: string, isTold: string): MetricSql => ({
  numerator: `if(${isTold}, ${column}, 0)`,
  denominator: isTold,
  parts: quantiles(level => `quantileExactIf(${level})(${column}, ${isTold})`),
  log: { sum: `if(${isTold} and ${column} > 0, log(${column}), 0)`, count: `${isTold} and ${column} > 0` },
})

export const metricSql: Record<MetricId, MetricSql> = {
  negative_feedback_rate: { numerator: 'negative > 0', denominator: 'negative + positive > 0' },
  task_completion_rate: { numerator: 'ended and completed', denominator: 'ended' },
  tool_failure_rate: {
    numerator: 'tool_failed + tool_empty',
    denominator: 'tool_count',
    parts: { failed: 'sum(tool_failed)', empty: 'sum(tool_empty)' },
  },
  latency: timed('latency_ms', 'has_root'),
  ttft: timed('ttft_ms', 'ttft_ms >= 0'),
  // Sessions are counted exactly: an approximate count made two equal arms differ by 4.8 %.
  cost_per_session: {
    numerator: 'cost_usd',
    denominator: '1',
    distinct: 'session_key',
    parts: { unknown: 'countIf(cost_unknown + usage_unknown > 0)', traces: 'count()' },
  },
  action_rate: { numerator: 'actions > 0', denominator: '1' },
  error_rate: { numerator: "status = 'error'", denominator: '1' },
  feedback_response_rate: { numerator: 'negative + positive > 0', denominator: '1' },
}

/** By tool, latency is that of the tool's own calls; `tool_set` has them as lists (see tool-set.ts). */
export const toolMetricSql: Record<MetricId, MetricSql> = {
  ...metricSql,
  latency: {
    numerator: 'tool_ms',
    denominator: 'tool_count',
    parts: quantiles(level => `quantileExactArray(${level})(tool_times)`),
    log: {
      sum: 'arraySum(ms -> if(ms > 0, log(ms), 0), tool_times)',
      count: 'arrayCount(ms -> ms > 0, tool_times)',
    },
  },
}

/** The aggregates of a reading, in the order of `readingNames`. */
export function readingColumns(id: MetricId, { numerator, denominator, distinct, parts }: MetricSql): string[] {
  return [
    `sum(${numerator}) as ${id}_numerator`,
    `${distinct ? `uniqExact(${distinct})` : `sum(${denominator})`} as ${id}_denominator`,
    `uniqExactIf(user_id, user_id != '' and (${denominator}) > 0) as ${id}_users`,
    ...partsOf(parts).map(([part, sql]) => `${sql} as ${id}_${part}`),
  ]
}

export const partsOf = (parts: MetricSql['parts']) => Object.entries(parts ?? {}) as [MetricPart, string][]
