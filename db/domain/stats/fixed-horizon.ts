import type { Effect, Measured } from './effect.ts'
import { studentQuantileOfTail, studentTwoTails } from './tails.ts'

export type FixedHorizon = { low: number; high: number; p: number }

/**
 * Welch's t-test: valid for one look that was decided beforehand. A canary is looked at every day; use a confidence
 * sequence there.
 */
export function welch({ estimate, se }: Effect, a: Measured, b: Measured, alpha = 0.05): FixedHorizon | undefined {
  if (!(se > 0) || a.users < 2 || b.users < 2) return undefined
  const freedom = (a.variance + b.variance) ** 2 / (a.variance ** 2 / (a.users - 1) + b.variance ** 2 / (b.users - 1))
  const half = studentQuantileOfTail(alpha / 2, freedom) * se
  return { low: estimate - half, high: estimate + half, p: studentTwoTails(estimate / se, freedom) }
}
