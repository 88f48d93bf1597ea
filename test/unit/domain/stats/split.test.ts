import { describe, expect, it } from 'vitest'
import { judgeParity } from '../../../../db/domain/stats/parity.ts'
import { seededRandom } from '../../../../db/domain/stats/random.ts'
import { chiSquareP, judgeSplit } from '../../../../db/domain/stats/split.ts'

describe('the split', () => {
  it('is sound when each arm got what the draw should give it', () => {
    expect(judgeSplit([{ canary: 310, control: 98, share: 0.75 }])).toMatchObject({ state: 'sound', expected: 0.75 })
    expect(judgeSplit([{ canary: 1000, control: 1010, share: 0.5 }]).state).toBe('sound')
  })

  it('is unsound when an arm loses users', () => {
    expect(judgeSplit([{ canary: 1000, control: 1200, share: 0.5 }])).toMatchObject({ state: 'unsound' })
    expect(judgeSplit([{ canary: 100_000, control: 103_000, share: 0.5 }]).e).toBeGreaterThan(1000)
  })

  it('judges each stage by its own share', () => {
    const fair = [
      { canary: 50, control: 950, share: 0.05 },
      { canary: 2000, control: 2000, share: 0.5 },
    ]
    expect(judgeSplit(fair)).toMatchObject({ state: 'sound', expected: 0.41 })
    const crossed = [
      { canary: 150, control: 850, share: 0.05 },
      { canary: 1900, control: 2100, share: 0.5 },
    ]
    expect(judgeSplit(crossed)).toMatchObject({ canary: 2050, control: 2950, state: 'unsound' })
  })

  it('tells too few users from a sound split', () => {
    expect(judgeSplit([])).toMatchObject({ state: 'unknown', share: null, p: null, e: 1 })
    expect(judgeSplit([{ canary: 3, control: 2, share: 0.5 }]).state).toBe('unknown')
    expect(chiSquareP([3, 2], [0.5, 0.5])).toBeNull()
    expect(chiSquareP([0, 0], [0.5, 0.5])).toBeNull()
  })

  it('is rarely called unsound when it is sound, however often one looks', () => {
    const { binomial } = seededRandom(3)
    const called = Array.from({ length: 400 }, () => {
      const seen = { canary: 0, control: 0, share: 0.5 }
      return Array.from({ length: 56 }, () => {
        const canary = binomial(100, 0.5)
        seen.canary += canary
        seen.control += 100 - canary
        return judgeSplit([seen]).state === 'unsound'
      }).some(Boolean)
    })
    expect(called.filter(Boolean).length / 400).toBeLessThan(0.03)
  })
})

describe('the feedback response of the arms', () => {
  const parity = (canary: [number, number], control: [number, number]) =>
    judgeParity({
      canary: { answered: canary[0], users: canary[1] },
      control: { answered: control[0], users: control[1] },
      answers: [{ events: canary[0] + control[0], inCanary: canary[0], share: 0.5 }],
    })

  it('is equal when both answer alike, and parted when one does not', () => {
    expect(parity([200, 4000], [210, 4000]).state).toBe('equal')
    expect(parity([120, 4000], [210, 4000])).toMatchObject({ state: 'parted', canary: 0.03 })
  })

  it('parts after a dozen answers when the widget is off in one arm', () => {
    expect(parity([0, 100], [20, 100]).state).toBe('parted')
    expect(parity([0, 20], [4, 20]).state).toBe('equal')
  })

  it('is unknown without answers', () => {
    expect(parity([0, 4000], [0, 4000]).state).toBe('unknown')
    expect(parity([0, 0], [0, 0])).toMatchObject({ state: 'unknown', canary: null, e: 1 })
  })
})
