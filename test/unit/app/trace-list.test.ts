import { expect, test } from 'vitest'
import { joinOlder, joinRefreshed, startList } from '../../../app/routes/traces/trace-list.ts'
import type { TraceSummary } from '../../../db/traces.ts'

/** `'9 8 7'`: traces whose id and start are that number. */
const traces = (text: string) => text.split(' ').map(id => ({ traceId: id, startedNs: id }) as TraceSummary)
const page = (text: string, next: string | null = 'more') => ({ traces: traces(text), next })
const ids = (list: { traces: TraceSummary[] }) => list.traces.map(({ traceId }) => traceId).join(' ')

test('an older page goes behind, each trace once', () => {
  const list = joinOlder(startList(page('9 8 7')), page('7 6 5', 'further'))
  expect(ids(list)).toBe('9 8 7 6 5')
  expect(list.next).toBe('further')
})

test('a refresh of a list that was not paged takes its place', () => {
  expect(ids(joinRefreshed(startList(page('9 8 7')), page('11 10 9')))).toBe('11 10 9')
})

test('a refresh goes before the pages that were fetched, and keeps what it pushed out', () => {
  const paged = joinOlder(startList(page('9 8 7')), page('6 5', null))
  const fresh = joinRefreshed(paged, page('11 10 9'))
  expect(ids(fresh)).toBe('11 10 9 8 7 6 5')
  expect(fresh.next).toBeNull()
})

test('where more came than a page holds, the older part goes rather than hide a gap', () => {
  const paged = joinOlder(startList(page('9 8 7')), page('6 5', null))
  const fresh = joinRefreshed(paged, page('15 14 13'))
  expect(ids(fresh)).toBe('15 14 13')
  expect(fresh.next).toBe('more')
})

test('a trace that is gone from the first page is gone from the list', () => {
  const paged = joinOlder(startList(page('9 8 7')), page('6 5', null))
  expect(ids(joinRefreshed(paged, page('9 7 6')))).toBe('9 7 6 5')
})

test('a first page that holds everything is everything', () => {
  const paged = joinOlder(startList(page('9 8 7')), page('6 5', null))
  expect(ids(joinRefreshed(paged, page('9 8', null)))).toBe('9 8')
})
