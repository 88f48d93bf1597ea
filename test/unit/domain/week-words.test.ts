import { expect, it } from 'vitest'
import { weekWords } from '../../../db/domain/week-words.ts'

it.each([
  [[0, 6], '00:00', '00:00', 'Sat and Sun all day UTC'],
  [[1, 2, 3, 4, 5], '22:00', '06:00', 'Mon to Fri 22:00 to 06:00 the next day UTC'],
  [[0, 1, 2, 3, 4, 5, 6], '12:00', '13:30', 'every day 12:00 to 13:30 UTC'],
  [[5, 1, 3], '09:00', '09:00', 'Mon, Wed and Fri 09:00 to 09:00 the next day UTC'],
  [[0, 5, 6], '08:00', '20:00', 'Fri to Sun 08:00 to 20:00 UTC'],
  [[2], '00:00', '06:00', 'Tue 00:00 to 06:00 UTC'],
])('tells days %j from %s to %s as a person would', (days, from, to, expected) => {
  expect(weekWords({ days, from, to, zone: 'UTC' })).toBe(expected)
})
