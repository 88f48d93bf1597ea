import { expect, test } from 'vitest'
import { jsonSpellings } from '../../../db/domain/json-spellings.ts'

test.each([
  ['refund', ['refund']],
  ['say "hi"', ['say "hi"', 'say \\"hi\\"']],
  ['a\\b', ['a\\b', 'a\\\\b']],
  ['für', ['für', 'f\\u00fcr', 'F\\u00dcR', 'F\\u00fcr']],
  ['退款', ['退款', '\\u9000\\u6b3e']],
  ['👍', ['👍', '\\ud83d\\udc4d']],
])('%s', (word, spellings) => {
  expect(jsonSpellings(word)).toEqual(spellings)
})
