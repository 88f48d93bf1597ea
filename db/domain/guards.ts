import { type MetricId, metricById } from './metrics.ts'
import { minute } from './moment.ts'
import { hourMs } from './time.ts'
import { type Change, z } from './week-over-week.ts'

/** What is known of the data in the two windows that a metric is compared over. */
export type GuardFacts = {
  /** How the feedback response rate moved; undefined when it could not be computed. */
  response?: Change
  /** Whether there was feedback to speak of in the window before, and how much of it is left. */
  feedbackBefore: number
  feedbackNow: number
  /** Spans received by hour (epoch ms of its start), as the ledger counts them. */
  received: ReadonlyMap<number, number>
  window: { baseline: Date; current: Date; end: Date }
  /** Spans in each window by the convention they were mapped by. */
  mappings: { name: string; baseline: number; current: number }[]
}

export const guardLimits = { response: 0.25, gapHours: 3, gapSpansAnHour: 10, mappingShift: 0.2, feedback: 20 }

/**
 * Why a comparison cannot be trusted, in a sentence; undefined when it can. Parity of the feedback response rate is asked
 * of feedback metrics alone; gaps and mappings of every metric.
 */
export function distrust(metric: MetricId, facts: GuardFacts): string | undefined {
  return (restsOnFeedback(metric) ? feedbackMoved(facts) : undefined) ?? gapTold(facts) ?? mappingMoved(facts)
}

export const restsOnFeedback = (metric: MetricId) => metric === 'negative_feedback_rate'

function feedbackMoved({ response, feedbackBefore, feedbackNow }: GuardFacts) {
  if (feedbackBefore >= guardLimits.feedback && feedbackNow === 0)
    return `feedback stopped: ${feedbackBefore} traces had some in the window before, none since`
  if (!response) return undefined
  const size = Math.abs(response.theta)
  if (size < Math.log(1 + guardLimits.response) || size < z * response.se) return undefined
  const { baseline, current } = response
  const label = metricById('feedback_response_rate').label.toLowerCase()
  return `who gives feedback has changed: ${label} ${share(baseline)} before, ${share(current)} now`
}

function gapTold(facts: GuardFacts) {
  const [gap] = ingestGaps(facts)
  if (!gap) return undefined
  const hours = (gap.to.getTime() - gap.from.getTime()) / hourMs
  return `nothing arrived for ${hours} h from ${minute(gap.from)}, when there was traffic a week apart`
}

/**
 * Runs of hours in which nothing arrived though the same hours a week before or after had traffic. Only hours of which the
 * ledger tells something on both sides count: before its first hour it knows nothing, and imported history it never saw.
 */
export function ingestGaps({ received, window }: Pick<GuardFacts, 'received' | 'window'>): { from: Date; to: Date }[] {
  const known = [...received.keys()].sort((a, b) => a - b)
  const [first, last] = [known[0], known.at(-1)]
  if (first === undefined || last === undefined) return []
  const gaps: { from: Date; to: Date }[] = []
  let run: number[] = []
  const close = () => {
    const busy = run.filter(hour => usual(received, hour) >= guardLimits.gapSpansAnHour).length
    if (run.length >= guardLimits.gapHours && busy >= guardLimits.gapHours)
      gaps.push({ from: new Date(run[0]!), to: new Date(run.at(-1)! + hourMs) })
    run = []
  }
  const from = Math.max(first, Math.floor(window.baseline.getTime() / hourMs) * hourMs)
  for (let hour = from; hour < Math.min(last, window.end.getTime()); hour += hourMs) {
    if ((received.get(hour) ?? 0) === 0) run.push(hour)
    else close()
  }
  close()
  return gaps
}

const weekMs = 168 * hourMs
const usual = (received: ReadonlyMap<number, number>, hour: number) =>
  Math.max(received.get(hour - weekMs) ?? 0, received.get(hour + weekMs) ?? 0)

function mappingMoved({ mappings }: GuardFacts) {
  const total = (of: 'baseline' | 'current') => mappings.reduce((sum, row) => sum + row[of], 0)
  const [before, now] = [total('baseline'), total('current')]
  if (before === 0 || now === 0) return undefined
  const shift = mappings.reduce((sum, row) => sum + Math.abs(row.current / now - row.baseline / before), 0) / 2
  if (shift < guardLimits.mappingShift) return undefined
  const most = [...mappings].sort(
    (a, b) => b.current / now - b.baseline / before - (a.current / now - a.baseline / before),
  )[0]
  return `spans are mapped otherwise than before: ${share((most?.current ?? 0) / now)} now come by ${most?.name || 'no convention'}, ${share((most?.baseline ?? 0) / before)} did`
}

const share = (value: number) => `${(value * 100).toFixed(1)} %`
