import { describe, expect, test } from 'vitest'
import { bounds } from '../../../../db/domain/stats/confidence-sequence.ts'
import { meanOf, relativeDifference, shareOf } from '../../../../db/domain/stats/effect.ts'
import { welch } from '../../../../db/domain/stats/fixed-horizon.ts'
import { chiSquareP } from '../../../../db/domain/stats/split.ts'
import {
  chiSquareTail,
  normalQuantile,
  normalTail,
  studentQuantileOfTail,
  studentTwoTails,
} from '../../../../db/domain/stats/tails.ts'

const a = meanOf(3407, 1396.87, 52_377.9767)!
const b = meanOf(3461, 2422.7, 134_698.29)!

describe('known answers', () => {
  test('Welch of a relative difference, looked at once', () => {
    const change = relativeDifference(b, a)!
    const { low, high, p } = welch(change, b, a)!
    expect(change.estimate).toBeCloseTo(0.70732, 5)
    expect(low).toBeCloseTo(-0.03526, 5)
    expect(high).toBeCloseTo(1.44989, 5)
    expect(p).toBeCloseTo(0.06191, 5)
  })

  test('proportions, sequential, two-sided', () => {
    const change = relativeDifference(shareOf(2422, 3461)!, shareOf(1396, 3000)!)!
    const { low, high } = bounds(change, { alpha: 0.05, planned: 5000 })!
    expect(low).toBeCloseTo(0.40098, 5)
    expect(high).toBeCloseTo(0.60675, 5)
  })

  test('a relative difference of means, sequential, one-sided', () => {
    const change = relativeDifference(b, meanOf(3000, 1396.87, 52_377.9767)!)!
    const { low, high } = bounds(change, { alpha: 0.05, planned: 5000, sides: 'one' })!
    expect(low).toBeCloseTo(-0.42356454602790883, 13)
    expect(high).toBeCloseTo(1.4302867177403806, 13)
  })

  test.each([
    [[1000, 1200], [0.5, 0.5], 2.0079e-5, 9],
    [[310, 98], [0.75, 0.25], 0.647434186, 9],
    [[135, 115], [0.5, 0.5], 0.205903211, 9],
  ])('a split of %j at %j has p %d', (counts, shares, p, digits) => {
    expect(chiSquareP(counts, shares)).toBeCloseTo(p, digits)
  })

  test('tails far out', () => {
    expect(chiSquareTail(100, 1) / 1.5239706048320995e-23).toBeCloseTo(1, 12)
    expect(normalQuantile(1e-9)).toBeCloseTo(5.997807015007687, 12)
    expect(normalTail(5.997807015007687) / 1e-9).toBeCloseTo(1, 11)
    expect(normalTail(37) / 5.725571222524577e-300).toBeCloseTo(1, 10)
    expect(studentTwoTails(2.228138852, 10)).toBeCloseTo(0.05, 9)
    expect(studentQuantileOfTail(0.025, 10)).toBeCloseTo(2.228138852, 8)
  })
})
