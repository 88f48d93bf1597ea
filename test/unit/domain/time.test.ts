import { expect, test } from 'vitest'
import { bucketSeconds, bucketStarts, isMostlyWithin, previousRange, readRange } from '../../../db/domain/time.ts'

const now = new Date('2026-11-23T12:00:00Z')
const read = (query: string) => {
  const { from, to, preset } = readRange(new URLSearchParams(query), now)
  return [from.toISOString().slice(0, 16), to.toISOString().slice(0, 16), preset]
}

test.each([
  ['', '2026-11-22T12:00', '2026-11-23T12:00', '24h'],
  ['range=7d', '2026-11-16T12:00', '2026-11-23T12:00', '7d'],
  ['range=17d', '2026-11-22T12:00', '2026-11-23T12:00', '24h'],
  ['from=2026-11-01T00:00:00Z&to=2026-11-02T00:00:00Z', '2026-11-01T00:00', '2026-11-02T00:00', undefined],
  ['from=2026-11-02T00:00:00Z&to=2026-11-01T00:00:00Z', '2026-11-01T00:00', '2026-11-02T00:00', undefined],
  ['from=1793491200000', '2026-11-01T00:00', '2026-11-23T12:00', undefined],
  ['from=2026-11-01T00:00:00Z&to=2026-11-01T00:00:00Z', '2026-11-22T12:00', '2026-11-23T12:00', '24h'],
  ['from=yesterday&range=1h', '2026-11-23T11:00', '2026-11-23T12:00', '1h'],
  ['from=9999-01-01T00:00:00Z', '2026-11-22T12:00', '2026-11-23T12:00', '24h'],
])('reads the window of ?%s', (query, from, to, preset) => {
  expect(read(query)).toEqual([from, to, preset])
})

test('knows the window of the same length before', () => {
  const range = { from: new Date('2026-11-22T12:00:00Z'), to: now }
  const before = previousRange(range)
  expect([before.from.toISOString(), before.to]).toEqual(['2026-11-21T12:00:00.000Z', range.from])
})

test.each([
  ['15m', 30],
  ['1h', 60],
  ['24h', 1800],
  ['7d', 10_800],
  ['30d', 43_200],
  ['90d', 604_800],
])('cuts %s into buckets of %i seconds', (range, seconds) => {
  expect(bucketSeconds(readRange(new URLSearchParams({ range }), now))).toBe(seconds)
})

test('cuts decades into at most the buckets asked for', () => {
  const range = { from: new Date(0), to: now }
  expect(bucketStarts(range, bucketSeconds(range)).length).toBeLessThanOrEqual(62)
})

test.each([
  ['10:00', true],
  ['10:30', true],
  ['11:00', false],
  ['09:30', false],
])('of the bucket at %s half or more lies in the window: %s', (at, isWithin) => {
  const range = { from: new Date('2026-11-23T10:15:00Z'), to: new Date('2026-11-23T11:14:59Z') }
  expect(isMostlyWithin(range, Date.parse(`2026-11-23T${at}:00Z`), 1800)).toBe(isWithin)
})

test('covers the whole window with aligned buckets', () => {
  const range = { from: new Date('2026-11-23T10:10:00Z'), to: new Date('2026-11-23T11:00:00Z') }
  const starts = bucketStarts(range, 1800).map(at => new Date(at).toISOString().slice(11, 16))
  expect(starts).toEqual(['10:00', '10:30'])
})
