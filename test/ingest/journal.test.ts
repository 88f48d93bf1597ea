import { cpSync, existsSync, mkdirSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { z } from 'zod'
import type { Services } from '../../db/services.ts'
import { type IngestOptions, startIngest } from '../../ingest/server.ts'
import { type SpanTable, spanTable } from '../../ingest/span-table.ts'
import { mintProject, testServices, testStores } from '../setup/context.ts'
import { temporaryDir } from '../setup/product.ts'
import { jsonRequest, jsonSpan } from './otlp-factory.ts'

const { clickhouse } = testStores()
const real = spanTable(clickhouse)
const always = { perSecond: 0, burst: 1 }
const patience = { retryMs: [10], deadlineMs: 60_000 }

/** The real table behind a door: closed, inserts wait; failing, they fail, before or after the rows are written. */
function door() {
  let open = () => {}
  const state = { failing: '' as '' | 'before' | 'after', inserts: 0, closed: undefined as Promise<void> | undefined }
  const table: SpanTable = {
    async existing(spans) {
      if (state.failing === 'before') throw new Error('connection refused')
      return real.existing(spans)
    },
    async insert(blocks, token) {
      state.inserts += 1
      await state.closed
      if (state.failing === 'before') throw new Error('connection refused')
      await real.insert(blocks, token)
      if (state.failing === 'after') throw new Error('socket hang up')
    },
  }
  const close = () => {
    state.closed = new Promise(resolve => {
      open = resolve
    })
  }
  return { state, table, close, open: () => open() }
}

/** An ingest server under load, on a data directory, with a project that nobody else sends to. */
async function underLoad(options: IngestOptions = {}, dataDir = folder(), services?: Services) {
  const running = await startIngest(services ?? (await testServices({ DATA_DIR: dataDir })), {
    highLoad: always,
    patience,
    ...options,
  })
  let stopped: Promise<void> | undefined
  const stop = () => {
    stopped ??= running.stop()
    return stopped
  }
  afterAll(stop)
  return { url: running.urls[0] ?? '', dataDir, stop }
}

function folder() {
  const made = temporaryDir()
  afterAll(made.remove)
  return made.path
}

async function newSender() {
  const { projectId, apiKey } = await mintProject()
  const headers = { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json' }
  const send = async (url: string, spans: unknown) =>
    (await fetch(`${url}/v1/traces`, { method: 'POST', body: JSON.stringify(spans), headers })).status
  const params = { projectId }
  const n = z.object({ n: z.coerce.number() })
  const stored = async () => {
    const sql = `
      select count() as n from spans where project_id = {projectId:String}
      union all select sum(span_count) from traces where project_id = {projectId:String}`
    return (await clickhouse.query({ sql, params, row: n })).map(row => row.n)
  }
  const booked = async () => {
    const sql = `
      select outcome, sum(ledger.count) as n from ledger
      where project_id = {projectId:String} and item = 'spans' group by outcome`
    const rows = await clickhouse.query({ sql, params, row: n.extend({ outcome: z.string() }) })
    return Object.fromEntries(rows.map(({ outcome, n }) => [outcome, n]))
  }
  return { send, stored, booked }
}

const files = (dataDir: string) => {
  const root = join(dataDir, 'spool')
  if (!existsSync(root)) return []
  return readdirSync(root, { recursive: true, encoding: 'utf8' }).filter(name => name.endsWith('.spool'))
}
const spans = (count: number) => jsonRequest(Array.from({ length: count }, () => jsonSpan()))

it('under load a request is answered when it is on disk, and its spans are stored together with others’, once', async () => {
  const { state, table, close, open } = door()
  const server = await underLoad({ table })
  const sender = await newSender()
  close()
  for (let request = 0; request < 5; request++) expect(await sender.send(server.url, spans(10))).toBe(200)
  expect(files(server.dataDir).length).toBeGreaterThan(0)
  expect(await sender.stored()).toEqual([0, 0])
  open()
  await expect.poll(sender.stored).toEqual([50, 50])
  expect(state.inserts).toBeLessThan(4)
  await expect.poll(() => files(server.dataDir)).toEqual([])
  await expect.poll(sender.booked).toEqual({ received: 50, stored: 50 })
})

it('one that is sent again before that waits for it, and counts as a duplicate', async () => {
  const { table, close, open } = door()
  const server = await underLoad({ table })
  const sender = await newSender()
  const request = spans(10)
  close()
  expect(await sender.send(server.url, request)).toBe(200)
  let isAnswered = false
  const again = sender.send(server.url, request).finally(() => {
    isAnswered = true
  })
  expect(await sender.send(server.url, spans(1))).toBe(200)
  expect(isAnswered).toBe(false)
  open()
  expect(await again).toBe(200)
  await expect.poll(sender.stored).toEqual([11, 11])
  await expect.poll(sender.booked).toEqual({ received: 21, stored: 11, duplicate: 10 })
})

it('what a killed process had answered is stored by the next, once, also when its insert had arrived', async () => {
  const { table, close, open } = door()
  const killed = await underLoad({ table })
  const sender = await newSender()
  close()
  const request = spans(10)
  expect(await sender.send(killed.url, request)).toBe(200)
  expect(await sender.send(killed.url, spans(20))).toBe(200)
  // The disk as a kill at this moment leaves it.
  const dataDir = folder()
  cpSync(join(killed.dataDir, 'spool'), join(dataDir, 'spool'), { recursive: true })
  const hadArrived = folder()
  cpSync(join(killed.dataDir, 'spool'), join(hadArrived, 'spool'), { recursive: true })
  expect(files(dataDir).length).toBeGreaterThan(0)
  const next = await underLoad({}, dataDir)
  expect(await sender.send(next.url, request)).toBe(200)
  await expect.poll(sender.stored).toEqual([30, 30])
  await expect.poll(() => files(dataDir)).toEqual([])
  await underLoad({}, hadArrived)
  await expect.poll(() => files(hadArrived)).toEqual([])
  expect(await sender.stored()).toEqual([30, 30])
  await expect.poll(sender.booked).toMatchObject({ stored: 30 })
  open()
})

it.each(['before', 'after'] as const)(
  'a store that fails %s it has written: they go to the spool, and land once',
  async when => {
    const { state, table } = door()
    const server = await underLoad({ table })
    const sender = await newSender()
    state.failing = when
    for (let request = 0; request < 3; request++) expect(await sender.send(server.url, spans(10))).toBe(200)
    await expect.poll(() => spooled(server.url)).toBeGreaterThan(0)
    expect(await sender.send(server.url, spans(10))).toBe(200)
    state.failing = ''
    await expect.poll(sender.stored).toEqual([40, 40])
    await expect.poll(() => files(server.dataDir)).toEqual([])
    await expect.poll(async () => (await sender.booked()).stored).toBe(40)
  },
)

it('a store that fails while the spool is full: what was answered is kept, and stored when it is back', async () => {
  const { state, table, close, open } = door()
  const server = await underLoad({ table, spool: { bytes: 0 } })
  const sender = await newSender()
  close()
  expect(await sender.send(server.url, spans(10))).toBe(200)
  state.failing = 'before'
  open()
  let taken = 10
  while ((await sender.send(server.url, spans(10))) === 200) {
    taken += 10
    expect(taken).toBeLessThan(10_000)
  }
  expect(await sender.stored()).toEqual([0, 0])
  state.failing = ''
  await expect.poll(sender.stored).toEqual([taken, taken])
  await expect.poll(() => files(server.dataDir)).toEqual([])
})

it('and what is not stored by the end of the process is stored by the next', async () => {
  const { state, table, close, open } = door()
  const server = await underLoad({ table, spool: { bytes: 0 }, patience: { retryMs: [10], deadlineMs: 500 } })
  const sender = await newSender()
  close()
  expect(await sender.send(server.url, spans(10))).toBe(200)
  state.failing = 'before'
  open()
  await expect.poll(() => state.inserts).toBeGreaterThan(1)
  await server.stop()
  expect(files(server.dataDir)).toHaveLength(1)
  const next = await underLoad({}, server.dataDir)
  await expect.poll(sender.stored).toEqual([10, 10])
  await expect.poll(() => files(next.dataDir)).toEqual([])
})

it('a journal that cannot be opened is said once, with where and why, and requests wait for the store', async () => {
  const dataDir = folder()
  const spool = join(dataDir, 'spool')
  // The spool takes the first folder, and the journal's lock cannot be made in the second.
  mkdirSync(join(spool, '1', 'lock.sqlite'), { recursive: true })
  const warnings: { message: string; fields?: object }[] = []
  const services = await testServices({ DATA_DIR: dataDir })
  const log = { ...services.log, warn: (message: string, fields?: object) => warnings.push({ message, fields }) }
  const server = await underLoad({}, dataDir, { ...services, log })
  expect(warnings).toEqual([
    {
      message: expect.stringContaining('the journal of ingest cannot be opened'),
      fields: { folder: spool, error: expect.objectContaining({ message: 'unable to open database file' }) },
    },
  ])
  const sender = await newSender()
  expect(await sender.send(server.url, spans(10))).toBe(200)
  expect(await sender.stored()).toEqual([10, 10])
  expect((await health(server.url)).journalled.bytes).toBe(0)
})

it('tells how many bytes it holds', async () => {
  const { table, close, open } = door()
  const server = await underLoad({ table })
  const sender = await newSender()
  expect((await health(server.url)).journalled.bytes).toBe(0)
  close()
  expect(await sender.send(server.url, spans(10))).toBe(200)
  const [one] = files(server.dataDir)
  expect((await health(server.url)).journalled.bytes).toBe(statSync(join(server.dataDir, 'spool', one!)).size)
  open()
  await expect.poll(async () => (await health(server.url)).journalled.bytes).toBe(0)
  expect(await sender.stored()).toEqual([10, 10])
})

it('a journal that cannot be written: requests wait for the store, and nothing is lost', async () => {
  const { table, close, open } = door()
  const server = await underLoad({ table })
  const sender = await newSender()
  // A file where the journal wants to begin its own.
  const folders = readdirSync(join(server.dataDir, 'spool'))
  for (const each of folders) mkdirSync(join(server.dataDir, 'spool', each, '0000000001.spool'))
  close()
  let isAnswered = false
  const sent = sender.send(server.url, spans(10)).finally(() => {
    isAnswered = true
  })
  await new Promise(resolve => setTimeout(resolve, 300))
  expect(isAnswered).toBe(false)
  open()
  expect(await sent).toBe(200)
  expect(await sender.stored()).toEqual([10, 10])
})

async function health(url: string) {
  const bytes = z.object({ bytes: z.number() })
  const answer = z.object({ spooled: bytes, journalled: bytes })
  return answer.parse(await (await fetch(`${url}/healthz`)).json())
}

const spooled = async (url: string) => (await health(url)).spooled.bytes
