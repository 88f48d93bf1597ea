import type { EventSplit } from '../../../../db/domain/stats/e-process.ts'
import type { GuardrailData } from '../../../../db/domain/stats/guardrail.ts'
import type { UserSums } from '../../../../db/domain/stats/sums.ts'

/** Sums of users given one by one, as [M, D]. */
export const sumsOf = (users: readonly (readonly [number, number])[]): UserSums => {
  const sum = (of: (m: number, d: number) => number) => users.reduce((total, [m, d]) => total + of(m, d), 0)
  return {
    users: users.length,
    m: sum(m => m),
    d: sum((_, d) => d),
    mm: sum(m => m * m),
    md: sum((m, d) => m * d),
    dd: sum((_, d) => d * d),
  }
}

/** Sums of users of whom so many had the event, once each. */
export const shareSums = (events: number, users: number): UserSums => ({
  users,
  m: events,
  d: users,
  mm: events,
  md: events,
  dd: users,
})

/** Sums of equal spread: n users of a mean and a standard deviation, each with D = 1. */
export const meanSums = (users: number, mean: number, deviation: number): UserSums => ({
  users,
  m: users * mean,
  d: users,
  mm: users * (mean * mean + deviation * deviation),
  md: users * mean,
  dd: users,
})

/** A share of users in both arms, all enrolled under one split. */
export function shares(canary: [number, number], control: [number, number], share = 0.5): GuardrailData {
  const splits: EventSplit[] = [{ events: canary[0] + control[0], inCanary: canary[0], share }]
  return { canary: shareSums(...canary), control: shareSums(...control), splits }
}
