import { describe, expect, it } from 'vitest'
import { metricById } from '../../../db/domain/metrics.ts'
import { addSums } from '../../../db/domain/stats/sums.ts'
import { weeksBefore } from '../../../db/domain/time.ts'
import { judgeChange, shownValue } from '../../../db/domain/window-change.ts'
import { meanSums, shareSums, sumsOf } from './stats/sums-of.ts'

const cross = { mm: 0, md: 0, dm: 0, dd: 0 }
const shares = (current: [number, number], baseline: [number, number]) => ({
  scale: 'ratio' as const,
  current: { ...shareSums(...current), some: current[0] },
  baseline: { ...shareSums(...baseline), some: baseline[0] },
  cross,
})
const feedback = metricById('negative_feedback_rate')

describe('the change between two windows', () => {
  it.each([
    [feedback, [200, 1000], [100, 1000], 'worse'],
    [feedback, [100, 1000], [200, 1000], 'better'],
    [feedback, [105, 1000], [100, 1000], 'unclear'],
    [metricById('task_completion_rate'), [700, 1000], [900, 1000], 'worse'],
    [metricById('feedback_response_rate'), [700, 1000], [900, 1000], 'changed'],
  ] as const)('of %o from %j to %j is %s', (metric, now, before, verdict) => {
    const change = judgeChange(metric, shares([...now], [...before]))
    expect(change.verdict).toBe(verdict)
    expect(change.relative).toBeCloseTo((now[0] - before[0]) / before[0], 10)
    expect(change.low! < change.relative! && change.relative! < change.high!).toBe(true)
  })

  it('has no interval with too few users, too few events, or nothing to compare with', () => {
    expect(judgeChange(feedback, shares([20, 29], [300, 1000]))).toMatchObject({
      verdict: 'unknown',
      reason: 'few_users',
      low: null,
    })
    expect(judgeChange(feedback, shares([9, 1000], [300, 1000]))).toMatchObject({ reason: 'few_events' })
    expect(judgeChange(feedback, shares([0, 0], [0, 0]))).toMatchObject({ reason: 'few_users', relative: null })
    const free = {
      scale: 'ratio' as const,
      current: { ...meanSums(50, 0, 0), some: 0 },
      baseline: { ...meanSums(50, 1, 0), some: 50 },
      cross,
    }
    expect(judgeChange(metricById('cost_per_session'), free)).toMatchObject({ reason: 'no_value', relative: null })
  })

  it('has no interval where one user outweighs all others, in what happened or in what could have', () => {
    const even = shares([100, 1000], [100, 1000])
    for (const whale of [sumsOf([[5000, 5000]]), sumsOf([[0, 1_000_000]])]) {
      const current = { ...addSums(even.current, whale), some: 101 }
      for (const sums of [
        { ...even, current },
        { ...even, baseline: current },
      ])
        expect(judgeChange(metricById('error_rate'), sums)).toMatchObject({ reason: 'outweighed', low: null })
    }
    const logs = meanSums(500, 7, 0.5)
    const slow = { ...addSums(logs, sumsOf([[16, 1]])), some: 501 }
    const times = { scale: 'log' as const, current: slow, baseline: { ...logs, some: 500 }, cross }
    expect(judgeChange(metricById('latency'), times).verdict).toBe('unclear')
  })
})

it('compares with the same days of the week, without overlap', () => {
  const to = new Date('2026-03-20T10:00:00Z')
  const before = (days: number) => {
    const window = weeksBefore({ from: new Date(to.getTime() - days * 864e5), to })
    return (to.getTime() - window.to.getTime()) / 864e5
  }
  expect([1, 6, 7, 8, 30, 90].map(before)).toEqual([7, 7, 7, 14, 35, 91])
})

it('shows the median of times and the value of all else', () => {
  const reading = { value: 3, numerator: 3, denominator: 1, users: 1, parts: { p50: 2 } }
  expect(shownValue(metricById('latency'), reading)).toBe(2)
  expect(shownValue(metricById('error_rate'), reading)).toBe(3)
  expect(shownValue(metricById('latency'), { ...reading, parts: { p50: null } })).toBeNull()
  expect(shownValue(metricById('latency'), null)).toBeNull()
})
