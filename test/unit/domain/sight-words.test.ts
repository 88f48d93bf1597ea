import { expect, it } from 'vitest'
import { sightWords } from '../../../db/domain/sight-words.ts'

const traffic = { usersADay: 400, share: 0.5, days: 14, alpha: 0.01, planned: 5600 }

it.each([
  [
    { half: 0.402, likely: 0.6, safeAfterDays: 44.2 },
    '40 % worse is caught half of the time in 14 days of about 5,600 users, 60 % worse four times in five; a harmless canary is told safe after 45 days.',
  ],
  [
    { half: 3.1, likely: null, safeAfterDays: 1 },
    '310 % worse is caught half of the time in 14 days of about 5,600 users; a harmless canary is told safe after 1 day.',
  ],
  [
    { half: null, likely: null, safeAfterDays: null },
    'Hardly anything in 14 days of about 5,600 users: not even 400 % worse is caught half of the time; a harmless canary cannot be told safe at this traffic.',
  ],
])('says what %j means', (sight, words) => expect(sightWords({ chances: [], ...sight }, traffic)).toBe(words))

it('says that nobody comes', () => {
  const none = { chances: [], half: null, likely: null, safeAfterDays: null }
  expect(sightWords(none, { ...traffic, usersADay: 0 })).toBe('Nothing: no users are coming at all.')
})
