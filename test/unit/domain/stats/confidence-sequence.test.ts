import { describe, expect, it } from 'vitest'
import { bounds, halfWidth } from '../../../../db/domain/stats/confidence-sequence.ts'
import {
  difference,
  logRatio,
  type Measured,
  meanOf,
  ratioOf,
  relativeDifference,
  shareOf,
} from '../../../../db/domain/stats/effect.ts'
import { complement } from '../../../../db/domain/stats/sums.ts'
import { shareSums, sumsOf } from './sums-of.ts'

const rules = { alpha: 0.05, planned: 5000 }

describe('the confidence sequence', () => {
  it('is wider than an interval for one look, and narrows with users', () => {
    const at = (users: number) => halfWidth({ users, se: 1 / Math.sqrt(users) }, rules)!
    expect(at(5000) * Math.sqrt(5000)).toBeGreaterThan(1.96)
    expect(at(5000) * Math.sqrt(5000)).toBeLessThan(3.2)
    expect(at(50_000)).toBeLessThan(at(5000) / 2.5)
  })

  it('is tightest, against the error, near the planned number of users', () => {
    const times = (users: number) => halfWidth({ users, se: 1 }, rules)!
    expect(times(5000)).toBeLessThan(times(200))
    expect(times(5000)).toBeLessThan(times(2_000_000))
  })

  it('says nothing rather than nonsense', () => {
    expect(halfWidth({ users: 0, se: 1 }, rules)).toBeUndefined()
    expect(halfWidth({ users: 10, se: Number.NaN }, rules)).toBeUndefined()
    expect(halfWidth({ users: 10, se: 1 }, { ...rules, planned: 0 })).toBeUndefined()
    expect(halfWidth({ users: 10, se: 1 }, { ...rules, alpha: 0 })).toBeUndefined()
    expect(bounds({ users: 10, se: 1, estimate: Number.POSITIVE_INFINITY }, rules)).toBeUndefined()
    expect(halfWidth({ users: 1e7, se: 1e-9 }, { alpha: 0.6, planned: 100, sides: 'one' })).toBeGreaterThan(0)
  })
})

describe('an effect', () => {
  const users: [number, number][] = Array.from({ length: 200 }, (_, i) => [(i * 7) % 4, 1 + ((i * 13) % 5)])
  const ratio = ratioOf(sumsOf(users))!

  it('of a ratio has the variance of the delta method, written out', () => {
    const n = users.length
    const mean = (of: (user: [number, number]) => number) => users.reduce((sum, user) => sum + of(user), 0) / n
    const [m, d] = [mean(u => u[0]), mean(u => u[1])]
    const cov = (p: 0 | 1, q: 0 | 1) => (mean(u => u[p] * u[q]) - mean(u => u[p]) * mean(u => u[q])) * (n / (n - 1))
    const r = m / d
    expect(ratio.value).toBeCloseTo(r, 12)
    expect(ratio.variance).toBeCloseTo((cov(0, 0) - 2 * r * cov(0, 1) + r * r * cov(1, 1)) / (n * d * d), 12)
  })

  it('of a ratio with one trace a user is that of a mean', () => {
    const single = users.map(([m]) => [m, 1] as const)
    const sums = sumsOf(single)
    expect(ratioOf(sums)!.variance).toBeCloseTo(meanOf(200, sums.m, sums.mm)!.variance, 12)
  })

  it('is symmetric on the log scale, and nearly the relative one when small', () => {
    const [a, b]: Measured[] = [shareOf(110, 1000)!, shareOf(100, 1000)!]
    expect(logRatio(a!, b!)!.estimate).toBeCloseTo(-logRatio(b!, a!)!.estimate, 12)
    expect(logRatio(a!, b!)!.se).toBeCloseTo(logRatio(b!, a!)!.se, 12)
    expect(Math.expm1(logRatio(a!, b!)!.estimate)).toBeCloseTo(relativeDifference(a!, b!)!.estimate, 12)
    expect(difference(a!, b!)).toMatchObject({ estimate: expect.closeTo(0.01, 12), users: 2000 })
  })

  it('is none where it is not defined', () => {
    expect(shareOf(0, 0)).toBeUndefined()
    expect(meanOf(1, 3, 9)).toBeUndefined()
    expect(ratioOf(sumsOf([[1, 1]]))).toBeUndefined()
    expect(
      ratioOf(
        sumsOf([
          [0, 0],
          [0, 0],
        ]),
      ),
    ).toBeUndefined()
    expect(logRatio(shareOf(0, 10)!, shareOf(5, 10)!)).toBeUndefined()
    expect(relativeDifference(shareOf(5, 10)!, shareOf(0, 10)!)).toBeUndefined()
  })

  it('of the complement is that of what did not happen', () => {
    const traces: [number, number][] = users.map(([m, d]) => [Math.min(m, d), d])
    const missed = traces.map(([m, d]) => [d - m, d] as const)
    expect(complement(sumsOf(traces))).toEqual(sumsOf(missed))
    expect(complement(shareSums(3, 10))).toEqual(shareSums(7, 10))
  })
})
