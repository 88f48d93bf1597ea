import { describe, expect, it } from 'vitest'
import { createLogger } from '../../../db/log.ts'
import { type SpanRow, spanKey } from '../../../db/spans.ts'
import { Batcher } from '../../../ingest/batch.ts'
import { SeenSpans } from '../../../ingest/seen-spans.ts'
import { mapResource, mapSpan } from '../../../ingest/semconv/map-span.ts'
import { SpanStore, StoreUnavailable } from '../../../ingest/span-store.ts'
import { otlpSpan, startNs } from '../../ingest/otlp-factory.ts'

const log = createLogger('error')
const row = (spanId: string): SpanRow => ({
  ...mapSpan({ ...otlpSpan(), spanId }, { name: '', version: '', spans: [] }, mapResource(new Map()), startNs),
  projectId: 'p',
  receivedMs: 0,
})

/** A table in memory that can fail before or after it has written, as a network does. */
function memoryTable({ failures = [] as ('before' | 'after')[], delayMs = 0 } = {}) {
  const inserts: { keys: string[]; token: string }[] = []
  const stored = new Map<string, string>()
  return {
    inserts,
    stored,
    existing: async (rows: readonly SpanRow[]) => new Set(rows.map(spanKey).filter(key => stored.has(key))),
    async insert(rows: readonly SpanRow[], token: string) {
      const failure = failures.shift()
      inserts.push({ keys: rows.map(spanKey), token })
      await new Promise(resolve => setTimeout(resolve, delayMs))
      if (failure !== 'before') for (const row of rows) stored.set(spanKey(row), token)
      if (failure) throw new Error(`broken ${failure} the write`)
    },
  }
}

describe('each span is stored once', () => {
  it('within one batch', async () => {
    const table = memoryTable()
    const fresh = await new SpanStore(table, log).store([row('a'), row('b'), row('a')])
    expect(fresh.size).toBe(2)
    expect(table.inserts.map(({ keys }) => keys.length)).toEqual([2])
  })

  it('when it comes again later, without asking the table', async () => {
    const table = memoryTable()
    const store = new SpanStore(table, log)
    await store.store([row('a')])
    expect((await store.store([row('a')])).size).toBe(0)
    expect(table.inserts).toHaveLength(1)
  })

  it('when the table has it from before', async () => {
    const table = memoryTable()
    await new SpanStore(table, log).store([row('a')])
    const fresh = await new SpanStore(table, log).store([row('a'), row('b')])
    expect([...fresh].map(({ spanId }) => spanId)).toEqual(['b'])
    expect(table.inserts[1]?.keys).toHaveLength(1)
  })

  it('when it comes twice at a time, and the second answer waits for the insert', async () => {
    const table = memoryTable({ delayMs: 30 })
    const store = new SpanStore(table, log)
    const first = store.store([row('a')])
    const second = store.store([row('a')]).then(fresh => {
      expect(table.stored.size).toBe(1)
      return fresh.size
    })
    expect([(await first).size, await second]).toEqual([1, 0])
  })
})

describe('a table that fails', () => {
  it('is tried again with the same rows and token, whether it had written or not', async () => {
    for (const failure of ['before', 'after'] as const) {
      const table = memoryTable({ failures: [failure] })
      await new SpanStore(table, log, [1]).store([row('a')])
      expect(table.inserts).toHaveLength(2)
      expect(table.inserts[0]).toEqual(table.inserts[1])
    }
  })

  it('fails the request after the last try, and those that waited for it; a later one can store', async () => {
    const table = memoryTable({ failures: ['before', 'before'], delayMs: 5 })
    const store = new SpanStore(table, log, [1])
    const both = await Promise.allSettled([store.store([row('a')]), store.store([row('a')])])
    for (const result of both)
      expect(result).toMatchObject({ status: 'rejected', reason: expect.any(StoreUnavailable) })
    expect((await store.store([row('a')])).size).toBe(1)
  })
})

describe('batches', () => {
  const limits = { waitMs: 10, rows: 4, bytes: 1_000, inFlight: 1 }

  it('gather concurrent requests into one insert and tell each its own counts', async () => {
    const table = memoryTable()
    const store = new SpanStore(table, log)
    const batcher = new Batcher(rows => store.store(rows), limits)
    const answers = await Promise.all([
      batcher.add([row('a')], 10),
      batcher.add([row('b'), row('c')], 10),
      batcher.add([row('a')], 10),
    ])
    expect(answers).toEqual([
      { stored: 1, duplicate: 0, spooled: 0 },
      { stored: 2, duplicate: 0, spooled: 0 },
      { stored: 0, duplicate: 1, spooled: 0 },
    ])
    expect(table.inserts).toHaveLength(1)
  })

  it('go when they are full, hold no more than their rows, and wait while an insert runs', async () => {
    const table = memoryTable({ delayMs: 20 })
    const store = new SpanStore(table, log)
    const batcher = new Batcher(rows => store.store(rows), limits)
    const ids = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i']
    await Promise.all(ids.map(id => batcher.add([row(id)], 10)))
    expect(table.inserts.map(({ keys }) => keys.length)).toEqual([4, 4, 1])
  })

  it('take a request that is larger than a batch whole', async () => {
    const table = memoryTable()
    const store = new SpanStore(table, log)
    const batcher = new Batcher(rows => store.store(rows), limits)
    await batcher.add(['a', 'b', 'c', 'd', 'e', 'f'].map(row), 5_000)
    expect(table.inserts.map(({ keys }) => keys.length)).toEqual([6])
  })

  it('are all stored when draining is done', async () => {
    const table = memoryTable({ delayMs: 20 })
    const store = new SpanStore(table, log)
    const batcher = new Batcher(rows => store.store(rows), limits)
    const added = Promise.all(['a', 'b', 'c', 'd', 'e'].map(id => batcher.add([row(id)], 10)))
    await batcher.drain()
    expect(table.stored.size).toBe(5)
    await added
  })
})

it('remembers at least the last so many keys, and at most twice as many', () => {
  const seen = new SeenSpans(10)
  for (let key = 0; key < 35; key++) seen.add(String(key))
  const known = Array.from({ length: 35 }, (_, key) => seen.has(String(key)))
  expect(known.slice(25)).toEqual(Array(10).fill(true))
  expect(known.filter(Boolean).length).toBeLessThanOrEqual(20)
})
