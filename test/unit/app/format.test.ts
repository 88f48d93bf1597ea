import { describe, expect, it } from 'vitest'
import { ago, bytes, count, delta, duration, nanoUsd, share, usd, whole } from '../../../app/components/format.ts'

describe('numbers read the same everywhere', () => {
  it.each([
    [0, '0'],
    [950, '950'],
    [1200, '1.2k'],
    [34_000, '34k'],
    [999_499, '999k'],
    [999_500, '1M'],
    [1_250_000, '1.3M'],
    [-1500, '-1.5k'],
    [2.5, '2.5'],
  ])('count %d is %s', (value, text) => expect(count(value)).toBe(text))

  it.each([
    [0, '0.0 %'],
    [0.081, '8.1 %'],
    [0.0004, '0.04 %'],
    [1, '100 %'],
    [-0.12, '-12.0 %'],
  ])('share %d is %s', (value, text) => expect(share(value)).toBe(text))

  it.each([
    [0.25, '0.25 ms'],
    [850, '850 ms'],
    [999.6, '1.00 s'],
    [1240, '1.24 s'],
    [59_000, '59.0 s'],
    [125_000, '2 m 05 s'],
    [11_520_000, '3 h 12 m'],
    [3 * 86_400_000, '3 d'],
  ])('duration %d ms is %s', (value, text) => expect(duration(value)).toBe(text))

  it.each([
    [0, '$0'],
    [0.0031, '$0.0031'],
    [0.00001234, '$0.000012'],
    [0.000001, '<$0.00001'],
    [0.5, '$0.50'],
    [0.0994, '$0.099'],
    [0.0996, '$0.10'],
    [1.239, '$1.24'],
    [1240, '$1,240'],
    [-0.02, '-$0.02'],
  ])('%d US dollars are %s', (value, text) => expect(usd(value)).toBe(text))

  it.each([
    [640, '640 B'],
    [1200, '1.2 KB'],
    [34_000_000, '34 MB'],
  ])('%d bytes are %s', (value, text) => expect(bytes(value)).toBe(text))

  it('says unknown where a value is not known, never 0', () => {
    const all = [count, whole, share, duration, usd, bytes].flatMap(format => [format(null), format(Number.NaN)])
    expect([...all, nanoUsd(null)]).toEqual(Array(13).fill('unknown'))
    expect(nanoUsd(21_100_000n)).toBe('$0.021')
  })
})

describe('a change', () => {
  it.each([
    [10.9, 8.1, 'up', { text: '+35 %', direction: 'up', verdict: 'worse' }],
    [8.1, 10.9, 'up', { text: '−26 %', direction: 'down', verdict: 'better' }],
    [0.9, 0.95, 'down', { text: '−5.3 %', direction: 'down', verdict: 'worse' }],
    [5, 5, 'up', { text: '0 %', direction: 'same', verdict: 'same' }],
    [20, 10, 'neither', { text: '+100 %', direction: 'up', verdict: 'neither' }],
    [0, 0, 'up', { text: '0 %', direction: 'same', verdict: 'same' }],
  ] as const)('to %d from %d, where worse is %s', (now, before, worse, expected) => {
    expect(delta(now, before, worse)).toEqual(expected)
  })

  it('is not told where there is nothing to compare with', () => {
    expect([delta(1, 0, 'up'), delta(null, 1, 'up'), delta(1, undefined, 'up')]).toEqual([
      undefined,
      undefined,
      undefined,
    ])
  })
})

describe('a time ago', () => {
  const now = new Date('2026-11-23T12:00:00Z')
  it.each([
    ['2026-11-23T11:59:58Z', 'now'],
    ['2026-11-23T11:59:30Z', '30 s ago'],
    ['2026-11-23T11:55:00Z', '5 min ago'],
    ['2026-11-23T09:00:00Z', '3 h ago'],
    ['2026-11-21T12:00:00Z', '2 d ago'],
    ['2026-09-01T12:00:00Z', '1 Sep 2026'],
    ['2026-11-23T12:02:00Z', 'in 2 m 00 s'],
  ])('%s is %s', (at, text) => expect(ago(new Date(at), now)).toBe(text))
})
