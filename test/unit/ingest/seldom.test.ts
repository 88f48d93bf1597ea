import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { warnSeldom } from '../../../ingest/seldom.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

it('warns at once, then once in a while with how often it happened, each message by itself', () => {
  const warn = vi.fn()
  const seldom = warnSeldom({ warn }, 1_000)
  for (let time = 0; time < 500; time++) seldom('full', { time })
  seldom('another')
  expect(warn.mock.calls).toEqual([
    ['full', { time: 0 }],
    ['another', undefined],
  ])
  vi.advanceTimersByTime(1_000)
  seldom('full', { time: 500 })
  vi.advanceTimersByTime(1_000)
  seldom('full', { time: 501 })
  expect(warn.mock.calls.slice(2)).toEqual([
    ['full', { time: 500, timesSinceTheLastLine: 499 }],
    ['full', { time: 501 }],
  ])
})
