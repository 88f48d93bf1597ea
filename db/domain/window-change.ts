import type { Metric, MetricReading } from './metrics.ts'
import { burnIn } from './stats/confidence-sequence.ts'
import { effectiveUsers, type UserSums } from './stats/sums.ts'
import { type Comparison, compareWindows, interval } from './week-over-week.ts'

/** How a metric changed between two windows, with the 99 % interval of its relative change. */
export type WindowChange = {
  /** `unclear`: the interval holds 0. `unknown`: there is no interval, and `reason` says why. */
  verdict: 'worse' | 'better' | 'changed' | 'unclear' | 'unknown'
  reason?: 'few_users' | 'few_events' | 'outweighed' | 'no_value'
  /** 0.1 is 10 % more than before; null where it is not defined. */
  relative: number | null
  low: number | null
  high: number | null
  /** Users of each window who were measured. */
  users: { current: number; baseline: number }
}

type Sums = UserSums & { some: number }

/**
 * Judges a change by its interval. Too few users, too few of them with the event, or so few that outweigh all others have
 * none: an interval by the delta method would look narrower than it is.
 */
export function judgeChange(
  metric: Pick<Metric, 'worse' | 'unit'>,
  sums: Comparison & { current: Sums; baseline: Sums },
): WindowChange {
  const { current, baseline } = sums
  const users = { current: current.users, baseline: baseline.users }
  const change = compareWindows(sums)
  const relative = change && Number.isFinite(change.relative) ? change.relative : null
  const none = { verdict: 'unknown' as const, relative, low: null, high: null, users }
  if (Math.min(users.current, users.baseline) < burnIn.users) return { ...none, reason: 'few_users' }
  const events = Math.min(current.some, baseline.some)
  if (metric.unit === 'share' && events < burnIn.events) return { ...none, reason: 'few_events' }
  if (!change || relative === null) return { ...none, reason: 'no_value' }
  const carrying = Math.min(effectiveUsers(current), effectiveUsers(baseline))
  if (sums.scale === 'ratio' && carrying < burnIn.events) return { ...none, reason: 'outweighed' }
  const [low, high] = interval(change)
  if (!Number.isFinite(low) || !Number.isFinite(high)) return { ...none, reason: 'no_value' }
  return { verdict: verdictOf(metric, low, high), relative, low, high, users }
}

function verdictOf({ worse }: Pick<Metric, 'worse'>, low: number, high: number): WindowChange['verdict'] {
  if (low <= 0 && high >= 0) return 'unclear'
  if (worse === 'guard') return 'changed'
  return low > 0 === (worse === 'up') ? 'worse' : 'better'
}

/** The value that stands for a metric where one is shown: the median of times, which a few slow ones do not move. */
export function shownValue({ unit }: Pick<Metric, 'unit'>, reading: MetricReading | null | undefined): number | null {
  if (!reading) return null
  return unit === 'ms' ? (reading.parts.p50 ?? null) : reading.value
}
