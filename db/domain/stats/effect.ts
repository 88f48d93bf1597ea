import { scatter, type UserSums } from './sums.ts'

/** A value measured on n users, and the variance of that value (not of a user). */
export type Measured = { users: number; value: number; variance: number }

/** An effect of one arm or window over another, with its standard error. */
export type Effect = { estimate: number; se: number; users: number }

/** A share of users, for example of those with the event: the binomial variance. */
export function shareOf(events: number, users: number): Measured | undefined {
  if (!(users > 0)) return undefined
  const value = events / users
  return { users, value, variance: Math.max(0, value * (1 - value)) / users }
}

/** A mean over users, from the sum and the sum of squares. */
export function meanOf(users: number, sum: number, squares: number): Measured | undefined {
  if (!(users > 1)) return undefined
  const value = sum / users
  return { users, value, variance: Math.max(0, squares - sum * value) / (users - 1) / users }
}

/**
 * A ratio of two sums over users, M / D: the unit that was randomised is the user, so a user's traces count as one
 * observation. Delta method (Deng, Knoblich, Lu, KDD 2018): [s_M² - 2 r s_MD + r² s_D²] / (n Dbar²).
 */
export function ratioOf(sums: UserSums): Measured | undefined {
  const { users, m, d } = sums
  if (!(users > 1) || !(d > 0)) return undefined
  const value = m / d
  return { users, value, variance: (scatter(sums, value) * users) / (users - 1) / (d * d) }
}

/** a - b. */
export const difference = (a: Measured, b: Measured): Effect => ({
  estimate: a.value - b.value,
  se: Math.sqrt(a.variance + b.variance),
  users: a.users + b.users,
})

/** (a - b) / b by the delta method; undefined where b is not above 0. */
export function relativeDifference(a: Measured, b: Measured): Effect | undefined {
  if (!(b.value > 0)) return undefined
  const variance = a.variance / b.value ** 2 + (b.variance * a.value ** 2) / b.value ** 4
  return { estimate: (a.value - b.value) / b.value, se: Math.sqrt(variance), users: a.users + b.users }
}

/** ln(a / b) by the delta method; undefined where either is not above 0. */
export function logRatio(a: Measured, b: Measured): Effect | undefined {
  if (!(a.value > 0) || !(b.value > 0)) return undefined
  const variance = a.variance / a.value ** 2 + b.variance / b.value ** 2
  return { estimate: Math.log(a.value / b.value), se: Math.sqrt(variance), users: a.users + b.users }
}
