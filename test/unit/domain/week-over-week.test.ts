import { describe, expect, it } from 'vitest'
import { compareWindows, interval, type UserSums } from '../../../db/domain/week-over-week.ts'

type User = { a?: [number, number]; b?: [number, number] }

const sums = (rows: ([number, number] | undefined)[]): UserSums =>
  rows.reduce<UserSums>(
    (s, row) => {
      if (!row) return s
      const [m, d] = row
      return { users: s.users + 1, m: s.m + m, d: s.d + d, mm: s.mm + m * m, md: s.md + m * d, dd: s.dd + d * d }
    },
    { users: 0, m: 0, d: 0, mm: 0, md: 0, dd: 0 },
  )

function compare(users: User[], scale: 'ratio' | 'log' = 'ratio') {
  const cross = { mm: 0, md: 0, dm: 0, dd: 0 }
  for (const { a, b } of users) {
    if (!a || !b) continue
    cross.mm += a[0] * b[0]
    cross.md += a[0] * b[1]
    cross.dm += a[1] * b[0]
    cross.dd += a[1] * b[1]
  }
  return compareWindows({ scale, current: sums(users.map(u => u.a)), baseline: sums(users.map(u => u.b)), cross })
}

/** The definition itself, user by user. */
function byDefinition(users: User[]) {
  const total = (w: 'a' | 'b', i: 0 | 1) => users.reduce((sum, user) => sum + (user[w]?.[i] ?? 0), 0)
  const [mA, dA, mB, dB] = [total('a', 0), total('a', 1), total('b', 0), total('b', 1)]
  const influence = ({ a = [0, 0], b = [0, 0] }: User) =>
    (a[0] - (mA / dA) * a[1]) / mA - (b[0] - (mB / dB) * b[1]) / mB
  return Math.sqrt(users.reduce((sum, user) => sum + influence(user) ** 2, 0))
}

/** A small linear congruential generator, so that a failure can be seen again. */
function random(seed: number) {
  let state = seed
  return () => {
    state = (state * 1664525 + 1013904223) % 2 ** 32
    return state / 2 ** 32
  }
}

const population = (seed: number, count: number, rateA: number, rateB: number): User[] => {
  const next = random(seed)
  const window = (rate: number): [number, number] | undefined => {
    if (next() < 0.3) return undefined
    const traces = 1 + Math.floor(next() * 8)
    return [Array.from({ length: traces }, next).filter(u => u < rate).length, traces]
  }
  return Array.from({ length: count }, () => ({ a: window(rateA), b: window(rateB) }))
}

describe('the week-over-week change', () => {
  it('has the standard error that the definition gives user by user, with overlapping users', () => {
    for (const seed of [1, 2, 3, 4, 5]) {
      const users = population(seed, 300, 0.12, 0.08)
      expect(compare(users)?.se).toBeCloseTo(byDefinition(users), 10)
    }
  })

  it('covers the truth: the 99 % interval holds it in about 99 of 100 populations', () => {
    const held = Array.from({ length: 400 }, (_, seed) => {
      const [low, high] = interval(compare(population(seed + 100, 400, 0.1, 0.1))!)
      return low <= 0 && 0 <= high
    })
    expect(held.filter(Boolean).length / held.length).toBeGreaterThan(0.97)
  })

  it('is none for the same users doing the same', () => {
    const users = population(9, 50, 0.2, 0.2).map(({ a }) => ({ a, b: a }))
    expect(compare(users)).toMatchObject({ relative: 0, theta: 0 })
    expect(compare(users)?.se).toBeCloseTo(0, 10)
  })

  it('of a count that fell to nothing is a fall by all of it, as certain as so many were due', () => {
    const users = (count: number, rate: number): [number, number][] =>
      Array.from({ length: count }, (_, i) => [i < rate * count ? 1 : 0, 1])
    const fallen = (count: number, rate: number) =>
      compareWindows({
        ...{ scale: 'ratio', counts: true, cross: { mm: 0, md: 0, dm: 0, dd: 0 } },
        ...{ current: sums(users(count, 0)), baseline: sums(users(count, rate)) },
      })!
    expect(fallen(60, 0.9)).toMatchObject({ current: 0, baseline: 0.9, relative: -1 })
    expect(interval(fallen(60, 0.9))[1]).toBeLessThan(-0.9)
    expect(interval(fallen(50, 0.04))[1]).toBeGreaterThan(0)
    const { theta, se } = fallen(2000, 0.02)
    expect(-theta / se).toBeCloseTo(Math.sqrt(2 * 40), 0)
  })

  it('compares logarithms as a difference of means', () => {
    const users: User[] = Array.from({ length: 40 }, () => ({ a: [Math.log(1200), 1], b: [Math.log(1000), 1] }))
    expect(compare(users, 'log')?.relative).toBeCloseTo(0.2, 10)
    expect(compare(users, 'log')?.current).toBeCloseTo(1200, 6)
  })

  it('is not defined for an empty window or a value of zero', () => {
    expect(compare([{ a: [1, 2] }])).toBeUndefined()
    expect(compare([{ a: [1, 2], b: [0, 2] }])).toBeUndefined()
  })
})
