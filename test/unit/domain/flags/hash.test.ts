import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { bucketOf, buckets, murmur3 } from '../../../../db/domain/flags/hash.ts'

describe('the hash', () => {
  // The first two are the oracles of the design; those with a seed are the reference implementation's own.
  it.each([
    ['jon@company.com', 0, 1557731397],
    ['user1', 0, 3305849917],
    ['', 0, 0],
    ['', 1, 0x514e28b7],
    ['', 0xffffffff, 0x81f16f39],
    ['a', 0x9747b28c, 0x7fa09ea6],
    ['aa', 0x9747b28c, 0x5d211726],
    ['aaa', 0x9747b28c, 0x283e0130],
    ['aaaa', 0x9747b28c, 0x5a97808a],
    ['Hello, world!', 0x9747b28c, 0x24884cba],
    ['ππππππππ', 0x9747b28c, 0xd58063c1],
  ])('of %j with seed %i is as MurmurHash3 has it', (text, seed, hash) => {
    expect(murmur3(text, seed)).toBe(hash)
  })
})

describe('the bucket', () => {
  it('is the formula (h * 10000n) >> 32n, for every text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.string(), (salt, unit) => {
        const exact = (BigInt(murmur3(`${salt}:${unit}`)) * 10_000n) >> 32n
        expect(bucketOf(salt, unit)).toBe(Number(exact))
      }),
    )
  })

  it.each(['a', 'flag-2', 'ünï'])('deals users evenly with salt %s', salt => {
    const users = 200_000
    const cells = new Array<number>(100).fill(0)
    for (let user = 0; user < users; user++) {
      const bucket = bucketOf(salt, `user-${user}`)
      cells[Math.floor(bucket / 100)]! += 1
    }
    const expected = users / cells.length
    const chiSquare = cells.reduce((sum, seen) => sum + (seen - expected) ** 2 / expected, 0)
    // Of 99 degrees of freedom: above 160.1 in one of ten thousand fair deals.
    expect(chiSquare).toBeLessThan(160.1)
  })

  it('with two salts deals twice, independently', () => {
    const users = 100_000
    let both = 0
    for (let user = 0; user < users; user++)
      if (bucketOf('one', `u${user}`) < buckets / 2 && bucketOf('two', `u${user}`) < buckets / 2) both++
    // A quarter, within five standard deviations.
    expect(Math.abs(both / users - 0.25)).toBeLessThan(5 * Math.sqrt((0.25 * 0.75) / users))
  })
})
