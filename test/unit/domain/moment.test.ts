import { expect, it } from 'vitest'
import { axisTick, day, exact, exactWindow, minute, shortMinute } from '../../../db/domain/moment.ts'

const at = '2026-03-09T04:05:06.700Z'

it('says a moment the same whatever it is given as, in UTC', () => {
  for (const given of [at, new Date(at), Date.parse(at)]) expect(exact(given)).toBe('9 Mar 2026 04:05:06 UTC')
  expect([day(at), minute(at), shortMinute(at)]).toEqual(['9 Mar 2026', '9 Mar 2026 04:05 UTC', '9 Mar 04:05'])
  expect(exactWindow(at, '2026-12-31T23:59:59Z')).toBe('9 Mar 2026 04:05 UTC to 31 Dec 2026 23:59 UTC')
})

it.each([
  ['days', 86_400, 7, '9 Mar'],
  ['hours of some days', 3600, 72, '9 Mar 04:05'],
  ['minutes of a day', 900, 96, '04:05'],
  ['seconds', 30, 60, '04:05:06'],
])('a bucket of %s is named by what tells it from the next', (_, seconds, buckets, words) => {
  expect(axisTick(at, seconds, buckets)).toBe(words)
})

it('midnight among the hours of some days is named by its day', () => {
  expect(axisTick('2026-03-09T00:00:00Z', 3600, 72)).toBe('9 Mar')
})
