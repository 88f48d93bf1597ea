import { expect, test } from 'vitest'
import { joinOlder, joinRefreshed, startList } from '../../../app/components/paged-list.ts'

type Row = { id: string }
const order = { idOf: ({ id }: Row) => id, atOf: ({ id }: Row) => BigInt(id) }

/** `'9 8 7'`: rows whose id and time are that number. */
const page = (text: string, next: string | null = 'more') => ({ rows: text.split(' ').map(id => ({ id })), next })
const behind = (after: string, text: string, next: string | null = null) => ({ ...page(text, next), after })
const ids = (list: { rows: Row[] }) => list.rows.map(({ id }) => id).join(' ')
const paged = joinOlder(startList(page('9 8 7')), behind('more', '6 5'), order)

test('an older page goes behind, each row once', () => {
  const list = joinOlder(startList(page('9 8 7')), behind('more', '7 6 5', 'further'), order)
  expect(ids(list)).toBe('9 8 7 6 5')
  expect(list.next).toBe('further')
})

test('a page that comes when the list ends elsewhere by now goes nowhere', () => {
  const moved = joinRefreshed(startList(page('9 8 7')), page('11 10 9', 'elsewhere'), order)
  expect(ids(joinOlder(moved, behind('more', '6 5'), order))).toBe('11 10 9')
  expect(ids(joinOlder(paged, behind('more', '6 5'), order))).toBe('9 8 7 6 5')
})

test('a refresh of a list that was not paged takes its place', () => {
  expect(ids(joinRefreshed(startList(page('9 8 7')), page('11 10 9'), order))).toBe('11 10 9')
})

test('a refresh goes before the pages that were fetched, and keeps what it pushed out', () => {
  const fresh = joinRefreshed(paged, page('11 10 9'), order)
  expect(ids(fresh)).toBe('11 10 9 8 7 6 5')
  expect(fresh.next).toBeNull()
})

test('where more came than a page holds, the older part goes rather than hide a gap', () => {
  const fresh = joinRefreshed(paged, page('15 14 13'), order)
  expect(ids(fresh)).toBe('15 14 13')
  expect(fresh.next).toBe('more')
})

test('a row that is gone from the first page is gone from the list', () => {
  expect(ids(joinRefreshed(paged, page('9 7 6'), order))).toBe('9 7 6 5')
})

test('a first page that holds everything is everything', () => {
  expect(ids(joinRefreshed(paged, page('9 8', null), order))).toBe('9 8')
})
