import { type CrossSums, scatter, type UserSums } from './stats/sums.ts'

export type { CrossSums, UserSums } from './stats/sums.ts'

export type Comparison = {
  /** `ratio`: M/D compared as ln(rA / rB). `log`: M sums logarithms, so the means differ by rA - rB already. */
  scale: 'ratio' | 'log'
  current: UserSums
  baseline: UserSums
  cross: CrossSums
  /** M counts events of D, so that none of them is a value like others. */
  counts?: boolean
}

export type Change = {
  /** The metric's value in each window: M/D, or exp(M/D) on the log scale. */
  current: number
  baseline: number
  /** Relative change, 0.1 is 10 % more than the week before. */
  relative: number
  /** ln of the relative factor, and its standard error clustered by user. */
  theta: number
  se: number
}

/**
 * Compares two windows of a ratio metric whose users overlap. Each user's influence on ln(rA / rB) is
 * (M_iA - rA D_iA) / (D_A rA) - (M_iB - rB D_iB) / (D_B rB); the standard error is the root of the sum of squares, here
 * expanded into sums that the store computes (delta method: Deng, Knoblich, Lu, KDD 2018).
 * Answers undefined where the change is not defined: an empty window, or a value of 0 on the ratio scale, unless it is a
 * count that fell to nothing.
 */
export function compareWindows({ scale, current: a, baseline: b, cross, counts }: Comparison): Change | undefined {
  if (a.d <= 0 || b.d <= 0) return undefined
  const rA = a.m / a.d
  const rB = b.m / b.d
  if (counts && rA === 0 && rB > 0) return fallToNone(a, b)
  if (scale === 'ratio' && (rA <= 0 || rB <= 0)) return undefined
  const scaleA = scale === 'ratio' ? a.d * rA : a.d
  const scaleB = scale === 'ratio' ? b.d * rB : b.d
  const between = cross.mm - rB * cross.md - rA * cross.dm + rA * rB * cross.dd
  const variance = scatter(a, rA) / scaleA ** 2 + scatter(b, rB) / scaleB ** 2 - (2 * between) / (scaleA * scaleB)
  const theta = scale === 'ratio' ? Math.log(rA / rB) : rA - rB
  return {
    current: scale === 'ratio' ? rA : Math.exp(rA),
    baseline: scale === 'ratio' ? rB : Math.exp(rB),
    relative: Math.expm1(theta),
    theta,
    se: Math.sqrt(Math.max(0, variance)),
  }
}

function fallToNone(a: UserSums, b: UserSums): Change {
  const baseline = b.m / b.d
  const none = lnOfNone(a, baseline)
  const theta = none.theta - Math.log(baseline)
  return { current: 0, baseline, relative: -1, theta, se: Math.sqrt(none.variance + scatter(b, baseline) / b.m ** 2) }
}

/**
 * No event has no logarithm: it is read as half an event of D. Its error makes of the step from the value before as many
 * standard deviations as the signed root of the Poisson deviance does, the root of twice the events that were due; those
 * are fewer where users count more than once.
 */
export function lnOfNone({ d, dd }: Pick<UserSums, 'd' | 'dd'>, before: number): { theta: number; variance: number } {
  const theta = Math.log(Math.min(before, 0.5 / d))
  const due = (before * d * d) / dd
  return { theta, variance: (theta - Math.log(before)) ** 2 / (2 * due) }
}

/** The two-sided 99 % interval of the relative change. */
export function interval({ theta, se }: Change): [number, number] {
  return [Math.expm1(theta - z * se), Math.expm1(theta + z * se)]
}

/** Standard normal quantile of a two-sided 99 % interval. */
export const z = 2.576
