import { describe, expect, it, test } from 'vitest'
import {
  concentration,
  type EventSplit,
  lnEvidenceOfFewer,
  lnEvidenceOfMore,
  lnEvidenceOfOther,
  lnProduct,
  mostShare,
  ratioBounds,
} from '../../../../db/domain/stats/e-process.ts'
import { seededRandom } from '../../../../db/domain/stats/random.ts'
import cases from '../../../cases/e-process.json' with { type: 'json' }

const split = (events: number, inCanary: number, share = 0.5): EventSplit => ({ events, inCanary, share })
const needed = Math.log(20)

describe('the e-process', () => {
  // The expected values are the formula's, integrated with 60 digits.
  test.each(cases)('of $inCanary of $events events at a share of $share is exp($lnE)', ({ lnE, ...given }) => {
    expect(Math.abs(lnEvidenceOfMore(given) - lnE)).toBeLessThan(1e-6)
  })

  it('clings to the known share by 20 events at half and 100 at 5 %, whichever arm is the smaller', () => {
    for (const [share, strength] of [
      [0.5, 20],
      [0.05, 100],
      [0.95, 100],
    ] as const)
      expect(concentration(share)).toBeCloseTo(strength, 9)
  })

  it('is 1 before any event, and for counts that cannot be', () => {
    for (const none of [split(0, 0), split(5, 6), split(5, -1), split(5, 3, 0), split(5, 3, 1), split(Number.NaN, 0)])
      expect(lnEvidenceOfMore(none)).toBe(0)
  })

  it('stays finite far in the tail, where the tail itself is no double', () => {
    const against = lnEvidenceOfMore(split(100_000, 0, 0.05))
    expect(against).toBeLessThan(-5)
    expect(against).toBeGreaterThan(-20)
    expect(lnEvidenceOfMore(split(10_000_000, 10_000_000, 0.0001))).toBeGreaterThan(1e7)
    expect(lnEvidenceOfOther(split(10_000_000, 0, 0.5), 10_000)).toBeGreaterThan(1e6)
  })

  it('rarely rejects a ratio that is true, whatever it is', () => {
    const { binomial: draw } = seededRandom(13)
    const rejected = Array.from({ length: 300 }, () => {
      const given = split(0, 0)
      return Array.from({ length: 20 }, () => {
        given.events += 20
        given.inCanary += draw(20, 0.75)
        return lnEvidenceOfMore(given, Math.log(3)) >= needed
      }).some(Boolean)
    })
    expect(rejected.filter(Boolean).length / 300).toBeLessThan(0.05)
  })

  it('looks the other way when asked for fewer', () => {
    expect(lnEvidenceOfFewer(split(200, 70))).toBeCloseTo(lnEvidenceOfMore(split(200, 130)), 10)
    expect(lnEvidenceOfFewer(split(200, 130))).toBeLessThan(0)
  })

  it('multiplies over stages: what was seen at 5 % and at 50 % adds up, and mixing the two does not', () => {
    const stages = [split(60, 8, 0.05), split(200, 118, 0.5)]
    const product = lnProduct(stages, lnEvidenceOfMore)
    expect(product).toBeCloseTo(lnEvidenceOfMore(stages[0]!) + lnEvidenceOfMore(stages[1]!), 12)
    expect(product).toBeGreaterThan(needed)
    // Simpson: no difference within the stages, yet the pooled counts at a mean share look like one.
    const fair = [split(1000, 50, 0.05), split(100, 50, 0.5)]
    expect(lnProduct(fair, lnEvidenceOfMore)).toBeLessThan(0)
  })

  it('rarely rejects when nothing is wrong, at 56 looks', () => {
    const { binomial: draw } = seededRandom(7)
    const stopped = Array.from({ length: 500 }, () => {
      let [events, inCanary, stops] = [0, 0, false]
      for (let look = 0; look < 56; look++) {
        const more = draw(714, 0.05)
        events += more
        inCanary += draw(more, 0.5)
        stops ||= lnEvidenceOfMore(split(events, inCanary)) >= needed
      }
      return stops
    })
    expect(stopped.filter(Boolean).length / 500).toBeLessThan(0.05)
    expect(stopped.some(Boolean)).toBe(true)
  })
})

describe('the bounds of the rate ratio', () => {
  it('are the ratios that the tests do not reject', () => {
    const given = split(400, 240)
    const { low, high } = ratioBounds([given], 0.05)!
    expect(lnEvidenceOfMore(given, Math.log(low * 0.998))).toBeGreaterThan(needed)
    expect(lnEvidenceOfMore(given, Math.log(low * 1.002))).toBeLessThan(needed)
    expect(lnEvidenceOfFewer(given, Math.log(high! * 1.002))).toBeGreaterThan(needed)
    expect(lnEvidenceOfFewer(given, Math.log(high! * 0.998))).toBeLessThan(needed)
    expect(low).toBeLessThan(1.5)
    expect(high).toBeGreaterThan(1.5)
  })

  it('hold the truth in nearly all of many histories, at the widest look', () => {
    const { binomial: draw } = seededRandom(11)
    const share = 1.5 / 2.5
    const missed = Array.from({ length: 200 }, () => {
      let [events, inCanary] = [0, 0]
      return Array.from({ length: 10 }, () => {
        const more = draw(400, 0.1)
        events += more
        inCanary += draw(more, share)
        const { low, high } = ratioBounds([split(events, inCanary)], 0.05)!
        return low > 1.5 || (high !== undefined && high < 1.5)
      }).some(Boolean)
    }).filter(Boolean)
    expect(missed.length / 200).toBeLessThan(0.1)
  })

  it('are open where an arm had no event, and absent without any', () => {
    expect(ratioBounds([split(9, 9)], 0.05)).toMatchObject({ high: undefined, low: expect.closeTo(0.745, 3) })
    expect(ratioBounds([split(9, 0)], 0.05)).toMatchObject({ low: 0, high: expect.closeTo(1 / 0.745, 2) })
    expect(ratioBounds([split(300, 0)], 0.05)!.high).toBeLessThan(0.1)
    expect(ratioBounds([split(0, 0)], 0.05)).toBeUndefined()
    expect(ratioBounds([], 0.05)).toBeUndefined()
  })
})

describe('the most that a share can be', () => {
  it('shrinks with users, is 1 when all had the event, and is unknown without users', () => {
    expect(mostShare(0, 10, 0.05)).toBeGreaterThan(0.2)
    expect(mostShare(0, 5000, 0.0125)).toBeCloseTo(0.00184, 5)
    expect(mostShare(0, 10_000_000, 0.05)).toBeLessThan(1e-5)
    expect(mostShare(7, 7, 0.05)).toBe(1)
    expect(mostShare(0, 0, 0.05)).toBeUndefined()
  })
})
