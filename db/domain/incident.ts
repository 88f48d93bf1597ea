import { filterWords, type Lane, type Severity } from './alert-rule.ts'
import { quantity, share, whole } from './format.ts'
import { type MetricId, metricById } from './metrics.ts'
import { minute } from './moment.ts'
import type { TraceFilters } from './trace-filters.ts'

/** One segment's part in a change: `carries` is its share of it, 1 is all. */
export type SegmentShare = { dimension: string; key: string; current: number; baseline: number; carries: number }
export type WorstTrace = { traceId: string; at: string; why: string }
/** Something that changed about the system, `to` a page below the project. */
export type SystemChange = { at: string; kind: string; what: string; to?: string }

/** What was known when an incident began, or was last looked at: gathered once, kept with it. */
export type Evidence = {
  current: number
  baseline: number
  /** Relative change, 0.1 is 10 % more, and its 99 % interval. */
  relative: number
  low: number
  high: number
  users: number
  baselineUsers: number
  /** ISO: start of the window before, where it meets the current one, end. */
  window: { from: string; split: string; to: string }
  /** ISO: when it began to go wrong. */
  since?: string
  /** The part of the relative change that comes of segments having become more or less frequent. */
  mix?: { by: string; relative: number }
  segments: SegmentShare[]
  traces: WorstTrace[]
  changes: SystemChange[]
}

/** What a message about an incident is made from: frozen when it is written, so that it says what was so then. */
export type Told = {
  incidentId: number
  projectName: string
  kind: 'opened' | 'reopened' | 'escalated' | 'resolved' | 'acknowledged'
  metric: MetricId
  ruleName: string
  scope: string
  filters: TraceFilters
  lane: Lane
  severity: Severity
  reason: string
  startedAt: string
  at: string
  evidence: Evidence
  /** Who acknowledged it. */
  who?: string
}

type Subject = { metric: MetricId; scope: string; filters: TraceFilters }

/** What an incident is about: `Negative feedback on support-agent`. */
export function subjectOf({ metric, scope, filters }: Subject): string {
  const narrowed = filterWords(filters)
  return `${metricById(metric).label}${scope ? ` on ${short(scope)}` : ''}${narrowed ? ` (${short(narrowed)})` : ''}`
}

/** `Negative feedback on support-agent is up 34.0 % on last week`. */
export function headline(incident: Subject & { lane: Lane; evidence: Pick<Evidence, 'relative' | 'window'> }): string {
  const { relative } = incident.evidence
  return `${subjectOf(incident)} is ${relative > 0 ? 'up' : 'down'} ${share(Math.abs(relative))} ${against(incident)}`
}

function against({ lane, evidence: { window } }: { lane: Lane; evidence: Pick<Evidence, 'window'> }) {
  if (lane === 'hour') return 'on the same hour of the weeks before'
  const hours = (Date.parse(window.to) - Date.parse(window.split)) / 3_600_000
  if (hours === 168) return 'on last week'
  return `on the ${hours % 24 === 0 ? `${hours / 24} days` : `${hours} hours`} before`
}

/** `8.1 % → 10.9 %, 2,310 users, interval +12.0 % to +58.0 %`. */
export function numbers(metric: MetricId, evidence: Evidence): string {
  const { unit } = metricById(metric)
  const { baseline, current, users, low, high } = evidence
  return `${quantity(baseline, unit)} → ${quantity(current, unit)}, ${whole(users)} users, interval ${signed(low)} to ${signed(high)}`
}

/** A name that somebody made very long must not push the numbers out of a sentence. */
const short = (text: string) => (text.length <= 80 ? text : `${text.slice(0, 79).replace(/[\uD800-\uDBFF]$/, '')}…`)

export const signed = (value: number) => `${value > 0 ? '+' : '−'}${share(Math.abs(value))}`

/** `It began 19 Mar 2026 14:00 UTC; model gpt-4o-2024-11-20 accounts for it.` */
export function explanation({ since, segments, mix }: Evidence): string {
  const began = since ? `It began ${minute(since)}` : undefined
  const main = segments[0]
  const carried =
    main && main.carries >= 0.5
      ? `${main.dimension} ${short(main.key)} accounts for ${main.carries >= 0.9 ? 'it' : `${share(Math.min(1, main.carries))} of it`}`
      : undefined
  const said = [began, carried].filter(Boolean).join('; ')
  const shifted =
    mix && Math.abs(mix.relative) >= 0.01
      ? `A shift between ${mix.by}s adds ${signed(mix.relative)}, which is not counted here.`
      : ''
  return [said && `${said.charAt(0).toUpperCase()}${said.slice(1)}.`, shifted].filter(Boolean).join(' ')
}

/** The filters that open the traces behind an incident: those of its scope, and what the metric counts. */
export function incidentFilters({ metric, scope, filters }: Subject): TraceFilters {
  const { worse, opens } = metricById(metric)
  const bad = metric === 'task_completion_rate' ? { completed: ['no'] } : worse === 'down' ? {} : opens.numerator
  return { ...filters, ...bad, ...(scope && { workflow: [scope] }) }
}
