import { afterEach, expect, it, vi } from 'vitest'
import { LoadGauge } from '../../../ingest/load-gauge.ts'

afterEach(() => void vi.useRealTimers())

it('takes a burst for none, more for longer for a high load, and knows soon that it is over', () => {
  vi.useFakeTimers({ toFake: ['performance'] })
  const load = new LoadGauge({ perSecond: 100, burst: 400 })
  load.add(400)
  expect(load.isHigh).toBe(false)
  load.add(1)
  expect(load.isHigh).toBe(true)
  load.add(1_000_000)
  vi.advanceTimersByTime(3_900)
  load.add(0)
  expect(load.isHigh).toBe(true)
  vi.advanceTimersByTime(200)
  load.add(0)
  expect(load.isHigh).toBe(false)
})

it('never takes so many a second for a high load, however long they come', () => {
  vi.useFakeTimers({ toFake: ['performance'] })
  const load = new LoadGauge({ perSecond: 100, burst: 400 })
  for (let second = 0; second < 600; second++) {
    load.add(100)
    expect(load.isHigh).toBe(false)
    vi.advanceTimersByTime(1_000)
  }
})
