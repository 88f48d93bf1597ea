import { z } from 'zod'
import { type Metric, type MetricId, metricById, metricIds } from './metrics.ts'
import { readFilters, type TraceFilters, writeFilters } from './trace-filters.ts'

export type Severity = 'warning' | 'page'
/** `week`: a window against the one before, tested. `hour`: the latest hour against its like, quicker and only a warning. */
export type Lane = 'week' | 'hour'

/** Filters as a URL would hold them: what that drops is not a filter. */
const filters = z.record(z.string(), z.array(z.string())).transform((given, context): TraceFilters => {
  const params = new URLSearchParams(Object.entries(given).flatMap(([key, all]) => all.map(one => [key, one])))
  const read = readFilters(params)
  const lost = Object.keys(given).find(key => (given[key] ?? []).length > 0 && !(key in read))
  if (lost) context.addIssue({ code: 'custom', message: `${lost} cannot be filtered by what was given` })
  return read
})

const whole = (what: string, from: number, to: number) =>
  z.coerce
    .number(`${what} must be a number`)
    .int(`${what} must be a whole number`)
    .min(from, `${what} must be at least ${from}`)
    .max(to, `${what} must be at most ${to}`)

export const segmentDimensions = ['workflow', 'version', 'model', 'variant'] as const
export type SegmentDimension = (typeof segmentDimensions)[number]

/** An alert's definition: all that detection and routing need to know of it. */
export const alertRule = z.object({
  name: z.string().trim().min(1, 'Name the rule.').max(120, 'The name is longer than 120 characters.'),
  metric: z.enum(metricIds as [MetricId, ...MetricId[]], 'Choose a metric.'),
  filters: filters.default({}),
  /** Stands for one rule on each workflow seen. */
  eachWorkflow: z.boolean().default(false),
  /** Length of the window, which is compared with the one just before it. */
  windowHours: whole('The window', 1, 1344).default(168),
  /** How far the window moves between two looks. */
  everyHours: whole('The time between looks', 1, 168).default(24),
  /** Spans and signals that come this late still count: a window ends that long ago. */
  latenessMinutes: whole('The lateness', 0, 2880).default(60),
  /** Relative change in the worse direction, 0.1 is 10 %. */
  threshold: z.coerce
    .number('The threshold must be a number')
    .min(0.01, 'The threshold must be at least 1 %')
    .max(100, 'The threshold must be at most 10,000 %')
    .default(0.1),
  /** The least absolute change, in the metric's unit: near zero a relative change says nothing. */
  floor: z.coerce.number('The floor must be a number').min(0, 'The floor must not be negative').default(0),
  /** Users needed in each of the two windows. */
  minUsers: whole('The number of users', 2, 1_000_000).default(50),
  /** Events needed in the window before. */
  minEvents: whole('The number of events', 1, 1_000_000_000).default(20),
  /** The most it may become: a page is sent when the harm surely exceeds the threshold. */
  severity: z.enum(['warning', 'page']).default('page'),
  fastLane: z.boolean().default(true),
  /** Holds the share of each of these segments at what it was in the window before, so that a mere shift does not fire. */
  standardiseBy: z.enum(['', ...segmentDimensions]).default(''),
  /** Ids of channels; none means every channel whose route takes it. */
  channels: z.array(z.string()).max(50).default([]),
  enabled: z.boolean().default(true),
})
export type AlertRule = z.output<typeof alertRule>

/** The metrics of the default rules, with the least absolute change that is worth a person's time. */
const watched: { metric: MetricId; floor: number }[] = [
  { metric: 'negative_feedback_rate', floor: 0.005 },
  { metric: 'task_completion_rate', floor: 0.01 },
  { metric: 'tool_failure_rate', floor: 0.005 },
  { metric: 'latency', floor: 50 },
  { metric: 'cost_per_session', floor: 0.0001 },
]

/** The ten rules that every project begins with: each metric over the whole project, and for each workflow. */
export function defaultRules(): (AlertRule & { key: string })[] {
  return [false, true].flatMap(eachWorkflow =>
    watched.map(({ metric, floor }) => ({
      ...alertRule.parse({
        name: `${metricById(metric).label}${eachWorkflow ? ', each workflow' : ''}`,
        metric,
        floor,
        eachWorkflow,
        // More traffic on a workflow that is slower by nature is no regression of the project.
        standardiseBy: eachWorkflow ? '' : 'workflow',
      }),
      key: eachWorkflow ? `${metric}.workflow` : metric,
    })),
  )
}

/** The filters of what a rule looks at: its own, and the workflow it stands for. Deterministic traces are an arm of their own. */
export function scopeFilters({ filters }: Pick<AlertRule, 'filters'>, scope: string): TraceFilters {
  return { serving: ['ai'], ...filters, ...(scope !== '' && { workflow: [scope] }) }
}

/** The direction that is bad news; a guard that moves either way is no alert, so it counts as up. */
export const worseDirection = ({ worse }: Pick<Metric, 'worse'>): 'up' | 'down' => (worse === 'down' ? 'down' : 'up')

/** As a sentence: `more than 10 % worse over 7 d, feedback negative`. */
export function filterWords(filters: TraceFilters): string {
  return [...writeFilters(new URLSearchParams(), filters)].map(([key, value]) => `${key} ${value}`).join(', ')
}
