/**
 * Sums over users of a metric's numerator M and denominator D in one arm or window, and of their squares and product.
 * Nothing else leaves the store, and nothing else is needed for a mean, a share, a ratio and their errors.
 */
export type UserSums = { users: number; m: number; d: number; mm: number; md: number; dd: number }

/** Sums over the users present in both windows, of the products of this week's (a) and last week's (b) values. */
export type CrossSums = { mm: number; md: number; dm: number; dd: number }

export const noUsers: UserSums = { users: 0, m: 0, d: 0, mm: 0, md: 0, dd: 0 }

/** The sums of two sets of users that share none. */
export const addSums = (a: UserSums, b: UserSums): UserSums => ({
  users: a.users + b.users,
  m: a.m + b.m,
  d: a.d + b.d,
  mm: a.mm + b.mm,
  md: a.md + b.md,
  dd: a.dd + b.dd,
})

/** The sums of D - M: of what did not happen, where M is part of D. */
export const complement = ({ users, m, d, mm, md, dd }: UserSums): UserSums => ({
  users,
  m: d - m,
  d,
  mm: dd - 2 * md + mm,
  md: dd - md,
  dd,
})

/** Sum over users of (M - rD)²: what each user adds to the error of M / D. Never negative, whatever rounding does. */
export const scatter = ({ mm, md, dd }: UserSums, r: number): number => Math.max(0, mm - 2 * r * md + r * r * dd)

/**
 * How many users M / D rests on: (sum M)² / sum M², or the same of D where that is less. Ten equal users make 10, one who
 * outweighs all others makes 1; of users who count once each, so many as have the event.
 */
export const effectiveUsers = ({ m, d, mm, dd }: UserSums): number => Math.min(weight(m, mm), weight(d, dd))

/** From so many effective users on none of them can be more than half of it all. */
export const leastEffective = 4

/** The same of D alone: of who was measured, whatever was found. */
export const effectiveMeasured = ({ d, dd }: UserSums): number => weight(d, dd)

/** The same of what is bad news: of M, or where less is worse of what did not happen. */
export const effectiveBad = (sums: UserSums, worse: 'up' | 'down'): number =>
  effectiveUsers(worse === 'up' ? sums : complement(sums))

const weight = (sum: number, squares: number) => (squares > 0 ? (sum * sum) / squares : 0)
