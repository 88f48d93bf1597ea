import { type CrossSums, scatter, type UserSums } from './stats/sums.ts'

export type { CrossSums, UserSums } from './stats/sums.ts'

export type Comparison = {
  /** `ratio`: M/D compared as ln(rA / rB). `log`: M sums logarithms, so the means differ by rA - rB already. */
  scale: 'ratio' | 'log'
  current: UserSums
  baseline: UserSums
  cross: CrossSums
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
 * Answers undefined where the change is not defined: an empty window, or a value of 0 on the ratio scale.
 */
export function compareWindows({ scale, current: a, baseline: b, cross }: Comparison): Change | undefined {
  if (a.d <= 0 || b.d <= 0) return undefined
  const rA = a.m / a.d
  const rB = b.m / b.d
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

/** The two-sided 99 % interval of the relative change. */
export function interval({ theta, se }: Change): [number, number] {
  return [Math.expm1(theta - z * se), Math.expm1(theta + z * se)]
}

/** Standard normal quantile of a two-sided 99 % interval. */
export const z = 2.576
