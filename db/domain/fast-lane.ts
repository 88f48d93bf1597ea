import type { Judgement, Limits } from './alerts.ts'
import { effectiveBad, leastEffective } from './stats/sums.ts'
import { type Change, lnOfNone, type UserSums } from './week-over-week.ts'

/** Of an hour and of each of those it is compared with. */
export const fastLane = { z: 4, references: 4, minReferences: 3, minEvents: 30 }

type Hour = { theta: number; variance: number; value: number }

/**
 * Judges the latest complete hour against the same hour of the weeks before: worse by the threshold, and more than four
 * robust standard deviations from their median. The spread is that of the references (1.4826 times the median absolute
 * deviation), and never less than what chance alone gives for so few users, clustered by user.
 */
export function judgeHour(
  hours: {
    scale: 'ratio' | 'log'
    worse: 'up' | 'down'
    current: UserSums
    references: UserSums[]
    /** M counts events of D, so that none of them is a value like others. */
    counts?: boolean
    untrusted?: string
  },
  limit: Pick<Limits, 'threshold' | 'floor'>,
): { judgement: Judgement; change?: Change } {
  const { scale, worse, current, counts = false } = hours
  if (hours.untrusted) return { judgement: { kind: 'untrusted', reason: hours.untrusted } }
  const enough = hours.references.filter(({ d }) => d >= fastLane.minEvents)
  const references = enough.map(sums => readHour(sums, { scale, counts })).filter(hour => hour !== undefined)
  const middle = median(references.map(({ theta }) => theta))
  const now =
    current.d >= fastLane.minEvents ? readHour(current, { scale, counts, before: Math.exp(middle) }) : undefined
  if (!now || references.length < fastLane.minReferences) {
    const reason = `too few events in this hour or in the same hour of the weeks before (${current.d} now)`
    return { judgement: { kind: 'no_data', reason } }
  }
  const deviation = 1.4826 * median(references.map(({ theta }) => Math.abs(theta - middle)))
  const chance = now.variance + median(references.map(({ variance }) => variance)) / references.length
  const theta = now.theta - middle
  const se = Math.sqrt(deviation ** 2 + chance)
  const harm = worse === 'up' ? theta : -theta
  const [after, before] = [now.value, median(references.map(({ value }) => value))]
  const moved = worse === 'up' ? after - before : before - after
  const beyond = harm >= Math.log(1 + limit.threshold) && moved >= limit.floor
  const certain = beyond && harm > fastLane.z * se
  const hit = certain && (scale === 'log' || effectiveBad(current, worse) >= leastEffective)
  const reason = hit
    ? `this hour is ${(harm / se).toFixed(1)} deviations worse than the same hour of the last ${references.length} weeks`
    : certain
      ? 'this hour is worse, but a few users outweigh all others'
      : 'this hour is like the same hour of the weeks before'
  return {
    judgement: { kind: 'seen', hit, clear: !beyond || harm < (fastLane.z / 2) * se, severity: 'warning', reason },
    change: { current: after, baseline: before, relative: after === 0 ? -1 : Math.expm1(theta), theta, se },
  }
}

type Reading = {
  scale: 'ratio' | 'log'
  counts: boolean
  /** The value that an hour without any event is held against; undefined where it is a reference itself. */
  before?: number
}

/** ln of the value, and its variance over users; undefined where there is none, or it is 0 and no count. */
function readHour({ m, d, mm, md, dd }: UserSums, { scale, counts, before }: Reading): Hour | undefined {
  if (d <= 0) return undefined
  const r = m / d
  if (scale === 'ratio' && r <= 0) {
    if (!counts) return undefined
    return before === undefined
      ? { theta: Math.log(0.5 / d), variance: (2 * dd) / d, value: 0 }
      : { ...lnOfNone({ d, dd }, before), value: 0 }
  }
  const within = Math.max(0, mm - 2 * r * md + r * r * dd)
  return scale === 'ratio'
    ? { theta: Math.log(r), variance: within / (d * r) ** 2, value: r }
    : { theta: r, variance: within / d ** 2, value: Math.exp(r) }
}

function median(values: number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  const half = Math.floor(sorted.length / 2)
  return sorted.length % 2 === 1 ? sorted[half]! : (sorted[half - 1]! + sorted[half]!) / 2
}
