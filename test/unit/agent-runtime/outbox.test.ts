import type { ReadableSpan, SpanExporter } from '@opentelemetry/sdk-trace-node'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { outboxLimits, SpanOutbox } from '../../../agent-runtime/instrument/outbox.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

const span = (name: string, traceId = 't1') => ({ name, spanContext: () => ({ traceId }) }) as unknown as ReadableSpan

/** An exporter of which a test says how it answers; what it took is kept by project. */
function setUp({ most = 10 } = {}) {
  const taken: Record<string, string[]> = {}
  const told: string[] = []
  const state: { answer(batch: string[]): number | 'ok' } = { answer: () => 'ok' }
  const open = (projectId: string): SpanExporter => ({
    export(batch, done) {
      const names = batch.map(({ name }) => name)
      const answer = state.answer(names)
      if (answer === 'ok') taken[projectId] = [...(taken[projectId] ?? []), ...names]
      done(
        answer === 'ok'
          ? { code: 0 }
          : { code: 1, error: Object.assign(new Error(`ingest answered ${answer}`), { code: answer }) },
      )
    },
    shutdown: async () => {},
  })
  const tell = (message: string) => void told.push(message)
  const log = { debug: tell, info: tell, warn: tell, error: tell }
  const outbox = new SpanOutbox({ open, log, limits: { ...outboxLimits, most, batch: 4 } })
  outbox.own('t1', 'p1')
  outbox.own('t2', 'p2')
  return { outbox, taken, told, state }
}

it('sends the spans of each project by its own exporter, in order', async () => {
  const { outbox, taken } = setUp()
  for (const name of ['a', 'b', 'c', 'd', 'e']) outbox.onEnd(span(name))
  outbox.onEnd(span('x', 't2'))
  await vi.advanceTimersByTimeAsync(600)
  expect(taken).toEqual({ p1: ['a', 'b', 'c', 'd', 'e'], p2: ['x'] })
})

it('keeps spans while ingest is away, and sends them when it is back', async () => {
  const { outbox, taken, told, state } = setUp()
  state.answer = () => 503
  outbox.onEnd(span('a'))
  await vi.advanceTimersByTimeAsync(5_000)
  expect(taken).toEqual({})
  state.answer = () => 'ok'
  await vi.advanceTimersByTimeAsync(20_000)
  expect(taken).toEqual({ p1: ['a'] })
  expect(told).toEqual([
    'ingest does not take the spans of runs; they are kept',
    'ingest takes the spans of runs again',
  ])
})

it('knows a trace until all who announced it have let go of it', () => {
  const { outbox } = setUp()
  outbox.own('t1', 'p1')
  outbox.disown('t1')
  outbox.onEnd(span('a'))
  expect(outbox.dropped).toBe(0)
  outbox.disown('t1')
  outbox.onEnd(span('b'))
  expect(outbox.dropped).toBe(1)
})

it('flushes until all is stored, or the time is up', async () => {
  const { outbox, taken, state } = setUp()
  state.answer = () => 503
  outbox.onEnd(span('a'))
  const late = outbox.flush('p1', 1_000)
  await vi.advanceTimersByTimeAsync(1_100)
  expect(await late).toBe(false)
  const flushed = outbox.flush('p1', 5_000)
  await vi.advanceTimersByTimeAsync(500)
  state.answer = () => 'ok'
  await vi.advanceTimersByTimeAsync(1_000)
  expect(await flushed).toBe(true)
  expect(taken).toEqual({ p1: ['a'] })
  expect(await outbox.flush('unknown', 10)).toBe(true)
})

it('drops only the span that ingest will never take, and says so', async () => {
  const { outbox, taken, told, state } = setUp()
  state.answer = batch => (batch.includes('bad') ? 400 : 'ok')
  for (const name of ['a', 'b', 'bad', 'c']) outbox.onEnd(span(name))
  await vi.advanceTimersByTimeAsync(600)
  expect(taken.p1?.toSorted()).toEqual(['a', 'b', 'c'])
  expect(outbox.dropped).toBe(1)
  expect(told).toEqual(['a span of a run was dropped'])
})

it('drops the oldest when too many wait, and counts them', async () => {
  const { outbox, taken, state } = setUp({ most: 3 })
  state.answer = () => 503
  for (const name of ['a', 'b', 'c', 'd', 'e']) outbox.onEnd(span(name))
  expect(outbox.dropped).toBe(2)
  state.answer = () => 'ok'
  await vi.advanceTimersByTimeAsync(20_000)
  expect(taken.p1).toEqual(['c', 'd', 'e'])
})
