import fc from 'fast-check'
import { expect, it } from 'vitest'
import { cohortOf, evaluate } from '../../../../db/domain/flags/evaluate.ts'
import { bucketOf, buckets } from '../../../../db/domain/flags/hash.ts'
import { liveFlag } from './set.ts'

const share = fc.integer({ min: 1, max: buckets })
const bucket = fc.integer({ min: 0, max: buckets - 1 })
const now = new Date()
const canary = (share: number, salt = 's') => liveFlag({ kind: 'workflow', key: 'w', salt, state: 'canary', share })

it('lets no user leave the canary while its share grows', () => {
  fc.assert(
    fc.property(
      fc.string({ minLength: 1 }),
      fc.string({ minLength: 1, maxLength: 20 }),
      share,
      share,
      (user, salt, a, b) => {
        const [less, more] = [Math.min(a, b), Math.max(a, b)]
        const arm = (of: number) => evaluate(canary(of, salt), { targetingKey: user }, now).variant
        if (arm(less) === 'canary') expect(arm(more)).toBe('canary')
      },
    ),
  )
})

it('lets no user leave the control while the share grows up to a half', () => {
  fc.assert(
    fc.property(
      bucket,
      fc.integer({ min: 1, max: buckets / 2 }),
      fc.integer({ min: 1, max: buckets / 2 }),
      (at, a, b) => {
        const [less, more] = [Math.min(a, b), Math.max(a, b)]
        if (cohortOf(at, less) === 'control') expect(cohortOf(at, more)).toBe('control')
      },
    ),
  )
})

it('makes both cohorts of one size up to a half, and leaves nobody over above it', () => {
  fc.assert(
    fc.property(share, of => {
      const sizes = { canary: 0, control: 0, default: 0 }
      for (let at = 0; at < buckets; at++) sizes[cohortOf(at, of)]++
      expect(sizes.canary).toBe(of)
      expect(sizes.control).toBe(Math.min(of, buckets - of))
      expect(sizes.default).toBe(Math.max(0, buckets - 2 * of))
    }),
    { numRuns: 50 },
  )
})

it('makes cohorts that do not differ in what the users are like', () => {
  // Users whose ids follow a pattern, as real ones do: every seventh is heavy. Both cohorts must hold as many of them.
  for (const salt of ['one', 'two', 'three', 'four', 'five']) {
    const seen = { canary: [0, 0], control: [0, 0] }
    for (let user = 0; user < 100_000; user++) {
      const cohort = cohortOf(bucketOf(salt, `user-${user}`), 1000)
      if (cohort === 'default') continue
      seen[cohort][0]! += 1
      if (user % 7 === 0) seen[cohort][1]! += 1
    }
    const rate = ([all = 0, heavy = 0]: number[]) => heavy / all
    const spread = Math.sqrt((2 * (1 / 7) * (6 / 7)) / seen.canary[0]!)
    expect(Math.abs(rate(seen.canary) - rate(seen.control))).toBeLessThan(4 * spread)
  }
})

it('gives a user of a split by weights the first part, once given, while that part grows', () => {
  const split = (first: number) =>
    liveFlag({
      kind: 'value',
      key: 'v',
      salt: 's',
      type: 'string',
      state: 'on',
      variants: { new: 'n', old: 'o' },
      offVariant: 'old',
      otherwise: {
        split: [
          { variant: 'new', weight: first },
          { variant: 'old', weight: buckets - first },
        ],
      },
    })
  fc.assert(
    fc.property(fc.string({ minLength: 1 }), share, share, (user, a, b) => {
      const variant = (first: number) => evaluate(split(first), { targetingKey: user }, now).variant
      if (variant(Math.min(a, b)) === 'new') expect(variant(Math.max(a, b))).toBe('new')
    }),
  )
})
