import { describe, expect, it } from 'vitest'
import { rememberSlow } from '../../../app/routes/data-in/remember-slow.ts'
import { byClient, conventionOf, withSamples } from '../../../app/routes/data-in/seen.ts'
import type { Arrival } from '../../../db/arrivals.ts'

const arrival = (given: Partial<Arrival>): Arrival => ({
  item: 'spans',
  outcome: 'received',
  reason: '',
  client: 'shop',
  count: 1,
  bytes: 0,
  lastAtMs: 1,
  ...given,
})

describe('clients', () => {
  it('are summed over what they sent, the last heard of first', () => {
    const arrivals = [
      arrival({ count: 10, bytes: 500, lastAtMs: 5 }),
      arrival({ item: 'logs', count: 3, bytes: 50, lastAtMs: 9 }),
      arrival({ item: 'signals', count: 4, lastAtMs: 8 }),
      arrival({ outcome: 'stored', count: 9, bytes: 0 }),
      arrival({ outcome: 'rejected', reason: 'span id is missing', count: 1 }),
      arrival({ client: 'other', item: 'requests', outcome: 'rejected', reason: 'too large', count: 2, lastAtMs: 20 }),
      arrival({ client: '', outcome: 'stored', count: 4, lastAtMs: 30 }),
    ]
    expect(byClient(arrivals)).toEqual([
      { client: 'other', spans: 0, logs: 0, signals: 0, rejected: 2, bytes: 0, lastAtMs: 20 },
      { client: 'shop', spans: 10, logs: 3, signals: 4, rejected: 1, bytes: 550, lastAtMs: 9 },
    ])
  })
})

describe('conventions', () => {
  it.each([
    ['gen_ai.operation.name', 'OpenTelemetry GenAI'],
    ['openinference.span.kind', 'OpenInference'],
    ['ai.operationId', 'Vercel AI SDK'],
    ['llm.request.type', 'Traceloop'],
    ['langfuse.observation.type', 'Langfuse'],
    ['langsmith.span.kind', 'LangSmith'],
    ['hint:gen_ai.request.model', 'Guessed'],
    ['', 'No convention'],
    ['acme.kind', 'Another convention'],
  ])('%s is %s', (mappedBy, name) => {
    expect(conventionOf(mappedBy).name).toBe(name)
  })
})

it('rejects carry the sample of their kind and client, and stand without one where none was kept', () => {
  const rejected = { outcome: 'rejected' as const, reason: 'too large' }
  const arrivals = [arrival({}), arrival({ ...rejected, count: 7 }), arrival({ ...rejected, client: 'b', lastAtMs: 9 })]
  const kept = [{ item: 'spans', reason: 'too large', client: 'shop', atMs: 5, detail: 'Why.', sample: 'What' }]
  expect(withSamples(arrivals, kept)).toMatchObject([
    { client: 'b', count: 1, detail: '', sample: '' },
    { client: 'shop', count: 7, detail: 'Why.', sample: 'What' },
  ])
})

describe('what is slow', () => {
  const slowly =
    (...result: number[]) =>
    () =>
      new Promise<number[]>(resolve => setTimeout(() => resolve(result), 30))
  const slow = { slowMs: 10, keepMs: 60_000 }

  it('is remembered for a while, by its key', async () => {
    const remember = rememberSlow<number[]>(slow)
    const answers = [await remember('a', slowly(1)), await remember('a', slowly(2)), await remember('b', slowly(3))]
    expect(answers).toEqual([[1], [1], [3]])
  })

  it('is asked for again after that, and what is quick always', async () => {
    const remember = rememberSlow<number[]>({ ...slow, keepMs: 0 })
    expect([await remember('a', slowly(1)), await remember('a', slowly(2))]).toEqual([[1], [2]])
    const quick = rememberSlow<number[]>({ ...slow, slowMs: 10_000 })
    expect([await quick('a', async () => [1]), await quick('a', async () => [2])]).toEqual([[1], [2]])
  })

  it('is not remembered when there was nothing: the first to come is seen', async () => {
    const remember = rememberSlow<number[]>(slow)
    expect([await remember('a', slowly()), await remember('a', slowly(1)), await remember('a', slowly(2))]).toEqual([
      [],
      [1],
      [1],
    ])
  })
})
