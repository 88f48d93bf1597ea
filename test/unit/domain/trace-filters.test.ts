import { expect, test } from 'vitest'
import { metrics } from '../../../db/domain/metrics.ts'
import { readFilters, withFilter, withoutFilter, writeFilters } from '../../../db/domain/trace-filters.ts'

const read = (query: string) => readFilters(new URLSearchParams(query))

test.each([
  ['', {}],
  ['feedback=negative', { feedback: ['negative'] }],
  ['feedback=furious', {}],
  ['status=error&status=interrupted&status=odd', { status: ['error', 'interrupted'] }],
  ['model=a&model=b&model=a', { model: ['a', 'b'] }],
  ['workflow=%20', {}],
  ['slower=1500', { slower: ['1500'] }],
  ['slower=fast', {}],
  ['slower=1&slower=2', { slower: ['1'] }],
  ['q=refund window', { q: ['refund window'] }],
  ['unknown=1&range=7d', {}],
  [`user=${'x'.repeat(501)}`, {}],
])('reads ?%s', (query, filters) => {
  expect(read(query)).toEqual(filters)
})

test('writes filters in place of those there, and leaves the time range', () => {
  const written = writeFilters(new URLSearchParams('range=7d&status=ok&cursor=9.a'), { model: ['a', 'b'] })
  expect(written.toString()).toBe('range=7d&model=a&model=b')
})

test('reads back what it wrote', () => {
  const filters = { variant: ['support=canary'], q: ['"refund window" late'], tool_outcome: ['failed', 'empty'] }
  expect(readFilters(writeFilters(new URLSearchParams(), filters))).toEqual(filters)
})

test('adds to open texts and replaces a choice', () => {
  expect(withFilter({ model: ['a'] }, 'model', 'b')).toEqual({ model: ['a', 'b'] })
  expect(withFilter({ feedback: ['negative'] }, 'feedback', 'none')).toEqual({ feedback: ['none'] })
})

test('drops a key with its last value', () => {
  expect(withoutFilter({ model: ['a', 'b'] }, 'model', 'a')).toEqual({ model: ['b'] })
  expect(withoutFilter({ model: ['a'], user: ['u'] }, 'model', 'a')).toEqual({ user: ['u'] })
})

test.each(metrics.map(metric => metric.opens))('a metric opens with filters that a URL can carry: %j', opens => {
  for (const filters of [opens.numerator, opens.denominator]) {
    expect(readFilters(writeFilters(new URLSearchParams(), filters))).toEqual(filters)
  }
})
