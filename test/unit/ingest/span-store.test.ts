import { describe, expect, it } from 'vitest'
import { createLogger } from '../../../db/log.ts'
import { readSpanBlocks, type SpanBlock } from '../../../db/span-block.ts'
import { type SpanRef, type SpanRow, spanKey } from '../../../db/spans.ts'
import { BlockStore } from '../../../ingest/block-store.ts'
import { openLookUps } from '../../../ingest/look-ups.ts'
import { StoreUnavailable } from '../../../ingest/persist.ts'
import { RecentSpans } from '../../../ingest/recent-spans.ts'
import { mapResource, mapSpan } from '../../../ingest/semconv/map-span.ts'
import { SpanStore } from '../../../ingest/span-store.ts'
import { Spooler } from '../../../ingest/spooler.ts'
import { otlpSpan } from '../../ingest/otlp-factory.ts'

const log = createLogger('error')
const idOf = (name: string) => Buffer.from(name.padEnd(8, '.')).toString('hex')
const nowNs = () => BigInt(Date.now()) * 1_000_000n

/** A span that ended so many milliseconds ago: none is met before a process knows what was stored of late. */
function row(name: string, agoMs = 0): SpanRow {
  const endNs = nowNs() - BigInt(agoMs) * 1_000_000n
  const span = { ...otlpSpan(), spanId: idOf(name), startNs: endNs - 1_000_000n, endNs }
  const mapped = mapSpan(span, { name: '', version: '', spans: [] }, mapResource(new Map()), nowNs())
  return { ...mapped, projectId: 'p', receivedMs: 0 }
}

/**
 * A table in memory that takes a token once, and can fail before or after it has written, as a network does, or when it has
 * noted the token and written nothing, as a server does that is killed.
 */
function memoryTable({ failures = [] as ('before' | 'after' | 'noted')[], delayMs = 0 } = {}) {
  const inserts: { keys: string[]; token: string }[] = []
  const lookedFor: string[] = []
  const stored = new Map<string, string>()
  const noted = new Set<string>()
  return {
    inserts,
    lookedFor,
    stored,
    async existing(spans: readonly SpanRef[]) {
      lookedFor.push(...spans.map(spanKey))
      return new Set(spans.map(spanKey).filter(key => stored.has(key)))
    },
    async insert(blocks: readonly SpanBlock[], token: string) {
      const failure = failures.shift()
      const keys = blocks.flatMap(({ bytes }) => readSpanBlocks(bytes).map(read => spanKey(read as SpanRow)))
      inserts.push({ keys, token })
      await new Promise(resolve => setTimeout(resolve, delayMs))
      const isRepeated = noted.has(token)
      if (failure !== 'before') noted.add(token)
      if (!isRepeated && (failure === undefined || failure === 'after')) for (const key of keys) stored.set(key, token)
      if (failure) throw new Error(`broken ${failure} the write`)
    },
  }
}

type Options = { retryMs?: number[]; othersUntilMs?: () => number; knownForMs?: number }
function storeOn(
  table: ReturnType<typeof memoryTable>,
  { retryMs = [1], othersUntilMs = () => 0, knownForMs = 3_600_000 }: Options = {},
) {
  const spooler = new Spooler({ spool: undefined, log })
  const patience = { retryMs, deadlineMs: 1_000 }
  const blocks = new BlockStore({ table, spooler, log, patience })
  const recent = new RecentSpans(undefined, Date.now() - knownForMs)
  const existing = openLookUps({ table, spooler, log, patience })
  return new SpanStore({ blocks, recent, existing, othersUntilMs })
}

describe('each span is stored once', () => {
  it('within one request', async () => {
    const table = memoryTable()
    const stored = await storeOn(table).store([row('a'), row('b'), row('a')])
    expect(stored).toEqual({ stored: 2, duplicate: 1, spooled: 0 })
    expect(table.stored.size).toBe(2)
  })

  it('and its request is not needed any more once it is written, or found', async () => {
    const table = memoryTable({ delayMs: 20 })
    const store = storeOn(table)
    const read: string[] = []
    const first = store.store([row('a')], () => read.push('first'))
    expect(read).toEqual(['first'])
    const again = store.store([row('a'), row('b', 7_200_000)], () => read.push('again'))
    expect(read).toEqual(['first'])
    await Promise.all([first, again])
    expect(read).toEqual(['first', 'again'])
    expect(table.stored.size).toBe(2)
  })

  it('without asking the table, when it was not met before', async () => {
    const table = memoryTable()
    await storeOn(table).store([row('a'), row('b')])
    expect(table.lookedFor).toEqual([])
    expect(table.inserts).toHaveLength(1)
  })

  it('when it comes again later', async () => {
    const table = memoryTable()
    const store = storeOn(table)
    await store.store([row('a')])
    expect(await store.store([row('a')])).toEqual({ stored: 0, duplicate: 1, spooled: 0 })
    expect(table.inserts).toHaveLength(1)
  })

  it('when it comes twice at a time, and the second answer waits for the insert', async () => {
    const table = memoryTable({ delayMs: 30 })
    const store = storeOn(table)
    const first = store.store([row('a')])
    const second = store.store([row('a')]).then(({ duplicate }) => {
      expect(table.stored.size).toBe(1)
      return duplicate
    })
    expect([(await first).stored, await second]).toEqual([1, 1])
  })

  it('when many requests hold it at a time and it is in doubt', async () => {
    const table = memoryTable({ delayMs: 10 })
    const store = storeOn(table, { knownForMs: 0 })
    const answers = await Promise.all(Array.from({ length: 5 }, () => store.store([row('a')])))
    expect(answers.reduce((sum, { stored }) => sum + stored, 0)).toBe(1)
    expect(answers.reduce((sum, { duplicate }) => sum + duplicate, 0)).toBe(4)
    expect(table.inserts).toHaveLength(1)
  })
})

describe('a span that may be in the table already is looked for', () => {
  const asked: Record<string, { span: SpanRow; options?: Options }> = {
    'which ended before this process knew what was stored': { span: row('a', 7_200_000) },
    'of a clock that is far ahead': { span: row('a', -120_000) },
    'whose clock was mended': { span: { ...row('a'), clockFlags: ['end_before_start'] } },
    'while another process takes spans too': { span: row('a'), options: { othersUntilMs: () => Date.now() } },
    'since another process took spans just now': {
      span: row('a', 30_000),
      options: { othersUntilMs: () => Date.now() - 40_000 },
    },
  }
  for (const [which, { span, options }] of Object.entries(asked))
    it(which, async () => {
      const table = memoryTable()
      expect(await storeOn(table, options).store([span])).toMatchObject({ stored: 1 })
      expect(table.lookedFor).toEqual([spanKey(span)])
      expect(await storeOn(table, options).store([span, row('b')])).toMatchObject({ stored: 1, duplicate: 1 })
    })
})

describe('a table that fails', () => {
  it('is tried again with the same rows and token, whether it had written or not', async () => {
    for (const failure of ['before', 'after'] as const) {
      const table = memoryTable({ failures: [failure] })
      await storeOn(table).store([row('a')])
      expect(table.inserts).toHaveLength(2)
      expect(table.inserts[0]).toEqual(table.inserts[1])
    }
  })

  it('is given what it takes for stored and has not', async () => {
    const table = memoryTable({ failures: ['noted'] })
    expect(await storeOn(table).store([row('a'), row('b')])).toMatchObject({ stored: 2 })
    expect([...table.stored.keys()]).toEqual(['a', 'b'].map(name => spanKey(row(name))))
    expect(new Set(table.inserts.map(({ token }) => token)).size).toBe(2)
  })

  it('fails the request after the last try; the same can be stored later, and is looked for then', async () => {
    const table = memoryTable({ failures: ['before', 'after'] })
    const store = storeOn(table)
    await expect(store.store([row('a')])).rejects.toThrow(StoreUnavailable)
    expect(await store.store([row('a')])).toMatchObject({ duplicate: 1 })
    expect(table.inserts).toHaveLength(2)
  })

  it('fails all requests with the same span, when one of them was to store it', async () => {
    const table = memoryTable({ failures: ['before', 'before'], delayMs: 5 })
    const store = storeOn(table, { knownForMs: 0 })
    const both = await Promise.allSettled([store.store([row('a')]), store.store([row('a')])])
    for (const result of both)
      expect(result).toMatchObject({ status: 'rejected', reason: expect.any(StoreUnavailable) })
    expect(await store.store([row('a')])).toMatchObject({ stored: 1 })
  })
})
