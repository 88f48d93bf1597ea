import { noValue, type TraceFilters } from './trace-filters.ts'

export type MetricUnit = 'share' | 'ms' | 'usd'

/** A quality metric as data; how it is computed from traces stands in db/metrics.ts under the same id. */
export type Metric = {
  id: string
  label: string
  /** One sentence: numerator over denominator. */
  describes: string
  unit: MetricUnit
  /** The direction that is bad news; a guard is watched but is neither good nor bad. */
  worse: 'up' | 'down' | 'guard'
  /** Filters that open the traces behind the numerator and the denominator. */
  opens: { numerator: TraceFilters; denominator: TraceFilters }
}

export const metrics = [
  {
    id: 'negative_feedback_rate',
    label: 'Negative feedback',
    describes: 'traces with negative feedback, of traces with any feedback that is positive or negative',
    unit: 'share',
    worse: 'up',
    opens: { numerator: { feedback: ['negative'] }, denominator: { feedback: ['any'] } },
  },
  {
    id: 'task_completion_rate',
    label: 'Task completion',
    describes: 'traces that completed, of traces that ended',
    unit: 'share',
    worse: 'down',
    opens: { numerator: { completed: ['yes'] }, denominator: { completed: ['yes', 'no'] } },
  },
  {
    id: 'tool_failure_rate',
    label: 'Tool failures',
    describes: 'tool calls that failed or came back empty, of all tool calls',
    unit: 'share',
    worse: 'up',
    opens: { numerator: { tool_outcome: ['failed', 'empty'] }, denominator: { tool_outcome: ['any'] } },
  },
  {
    id: 'latency',
    label: 'Latency',
    describes: 'time from start to end of a trace that ended, less time paused for a human',
    unit: 'ms',
    worse: 'up',
    opens: { numerator: { timed: ['latency'] }, denominator: { timed: ['latency'] } },
  },
  {
    id: 'ttft',
    label: 'Time to first token',
    describes: 'time from request to the first visible token, of traces that told it',
    unit: 'ms',
    worse: 'up',
    opens: { numerator: { timed: ['first token'] }, denominator: { timed: ['first token'] } },
  },
  {
    id: 'cost_per_session',
    label: 'Cost per session',
    describes: 'known cost of all traces, over distinct sessions (a trace without a session is its own)',
    unit: 'usd',
    worse: 'up',
    opens: { numerator: {}, denominator: {} },
  },
  {
    id: 'action_rate',
    label: 'Accepted or acted upon',
    describes: 'traces with an accept or action signal, of all traces',
    unit: 'share',
    worse: 'down',
    opens: { numerator: { action: ['yes'] }, denominator: {} },
  },
  {
    id: 'error_rate',
    label: 'Errors',
    describes: 'traces whose root ended in an error, of all traces',
    unit: 'share',
    worse: 'up',
    opens: { numerator: { status: ['error'] }, denominator: {} },
  },
  {
    id: 'feedback_response_rate',
    label: 'Feedback response',
    describes: 'traces with any feedback that is positive or negative, of all traces',
    unit: 'share',
    worse: 'guard',
    opens: { numerator: { feedback: ['any'] }, denominator: {} },
  },
] as const satisfies readonly Metric[]

export type MetricId = (typeof metrics)[number]['id']
export const metricIds = metrics.map(metric => metric.id)

export function metricById(id: MetricId): Metric {
  return metrics.find(metric => metric.id === id)!
}

/** What a breakdown can go by. A trace with several models, tools, tags or variants stands in each of their rows. */
export const metricDimensions = [
  'workflow',
  'version',
  'model',
  'variant',
  'environment',
  'release',
  'tag',
  'tool',
  'serving',
] as const
export type MetricDimension = (typeof metricDimensions)[number]

/** Between the workflow and its version, which are one key of a breakdown: a character that no name has. */
export const keySeparator = '\u001f'

/** How a key of a breakdown reads. */
export function dimensionLabel(by: MetricDimension, key: string): string {
  if (by !== 'version') return key || noValue
  const [workflow, version] = key.split(keySeparator)
  return version ? `${workflow || noValue} v${version}` : workflow || noValue
}

/** Filters that open the traces behind a key of a breakdown; null where no filter can name them. */
export function dimensionFilters(by: MetricDimension, key: string): TraceFilters | null {
  if (by === 'version') {
    const [workflow = '', version = ''] = key.split(keySeparator)
    return { workflow: [workflow || noValue], version: [version || noValue] }
  }
  if (key === '' && by === 'tool') return null
  return { [by]: [key || noValue] }
}

/**
 * One reading. `value` is null when the denominator is 0. `numerator` and `denominator` are counts for shares, the sum
 * of milliseconds and traces for times, US dollars and sessions for cost. `parts` holds what the metric is shown split
 * into: `failed` and `empty` tool calls; `p50`, `p95`, `p99` in ms; traces with `unknown` cost out of `traces`.
 */
export type MetricReading = {
  value: number | null
  numerator: number
  denominator: number
  /** Distinct known users of the traces in the denominator's set. */
  users: number
  parts: Partial<Record<MetricPart, number | null>>
}
export type MetricPart = 'failed' | 'empty' | 'p50' | 'p95' | 'p99' | 'unknown' | 'traces'

export type MetricChange = { verdict: 'worse' | 'better' | 'changed' | 'same' | 'unknown'; relative: number | null }

/** The change between two values of a metric; `relative` is null when there is nothing to compare with, or it was 0. */
export function metricChange(metric: Pick<Metric, 'worse'>, now: number | null, before: number | null): MetricChange {
  if (now === null || before === null) return { verdict: 'unknown', relative: null }
  if (now === before) return { verdict: 'same', relative: 0 }
  const relative = before === 0 ? null : (now - before) / before
  if (metric.worse === 'guard') return { verdict: 'changed', relative }
  return { verdict: now > before === (metric.worse === 'up') ? 'worse' : 'better', relative }
}
