import { gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { type SpanTable, spanTable } from '../../ingest/span-table.ts'
import { testStores } from '../setup/context.ts'
import { hex, jsonRequest, jsonSpan } from './otlp-factory.ts'
import { ingestServer } from './server.ts'

const { clickhouse } = testStores()
const real = spanTable(clickhouse)

/** The real table behind a door: closed, inserts wait or fail; `lost` ones are written, but their answer is not heard. */
function door() {
  const state = { failing: false, lost: 0, tokens: [] as string[], closed: undefined as Promise<void> | undefined }
  const table: SpanTable = {
    existing: spans => real.existing(spans),
    async insert(blocks, token) {
      state.tokens.push(token)
      await state.closed
      if (state.failing) throw new Error('connection refused')
      await real.insert(blocks, token)
      if (state.lost-- > 0) throw new Error('socket hang up')
    },
  }
  return { state, table }
}

const lossy = door()
const failing = door()
const filling = door()
const slow = door()
const stopping = door()
const lossyServer = await ingestServer({ table: lossy.table })
const failingServer = await ingestServer({ table: failing.table, spool: { bytes: 0 } })
const fillingServer = await ingestServer({ table: filling.table, spool: { bytes: 40_000, fileBytes: 10_000 } })
const slowServer = await ingestServer({ table: slow.table, heldBytes: 20_000 })
const stoppingServer = await ingestServer({ table: stopping.table })

it('an insert whose answer got lost is sent again with its token, and lands once in spans and traces', async () => {
  const sender = await lossyServer.newSender()
  lossy.state.lost = 2
  const spans = Array.from({ length: 50 }, () => jsonSpan({ attributes: { 'gen_ai.operation.name': 'execute_tool' } }))
  expect((await sender.sendJson(jsonRequest(spans))).status).toBe(200)
  expect(lossy.state.tokens).toHaveLength(3)
  expect(new Set(lossy.state.tokens).size).toBe(1)
  expect(await sender.spanCount()).toBe(50)
  expect(await sender.traceTotals()).toMatchObject({ spans: 50, tools: 50, traces: 50 })
})

describe('a store that is down, and a spool that is full', () => {
  it('is answered 503 with a time to try again, and takes the same request later', async () => {
    const sender = await failingServer.newSender()
    const request = jsonRequest([jsonSpan(), jsonSpan()])
    failing.state.failing = true
    const refused = await sender.sendJson(request)
    expect(refused.status).toBe(503)
    expect(Number(refused.headers.get('retry-after'))).toBeLessThanOrEqual(5)
    expect(await refused.json()).toEqual({ code: 14, message: expect.stringContaining('connection refused') })
    failing.state.failing = false
    expect((await sender.sendJson(request)).status).toBe(200)
    expect(await sender.spanCount()).toBe(2)
  })

  it('is booked with the bytes of the request, whose memory is free by then', async () => {
    const sender = await failingServer.newSender()
    const body = Buffer.from(JSON.stringify(jsonRequest([jsonSpan({ attributes: { long: 'x'.repeat(100_000) } })])))
    failing.state.failing = true
    const how = { 'content-type': 'application/json', 'content-encoding': 'gzip' }
    expect((await sender.post('/v1/traces', gzipSync(body), how)).status).toBe(503)
    failing.state.failing = false
    const sql = `select sum(bytes) as bytes from ledger where project_id = {project:String} and item = 'requests'`
    const booked = async () => (await sender.query(sql, z.object({ bytes: z.coerce.number() })))[0]?.bytes
    await expect.poll(booked).toBe(body.length)
  })
})

it('a spool that fills up: taken until it is full, then 503 with a time to come again; it drains by itself, once', async () => {
  const sender = await fillingServer.newSender()
  filling.state.failing = true
  const statuses: number[] = []
  const send = async () => {
    const noise = Array.from({ length: 100 }, () => hex(16)).join('')
    const answer = await sender.sendJson(jsonRequest([jsonSpan({ attributes: { noise } })]))
    statuses.push(answer.status)
    if (answer.status === 503) expect(Number(answer.headers.get('retry-after'))).toBeLessThanOrEqual(5)
    return answer.status
  }
  while ((await send()) === 200) expect(statuses.length).toBeLessThan(200)
  const taken = statuses.length - 1
  expect(taken).toBeGreaterThan(5)
  expect(await sender.spanCount()).toBe(0)
  filling.state.failing = false
  await expect.poll(() => sender.spanCount()).toBe(taken)
  await expect.poll(() => sender.traceTotals()).toMatchObject({ spans: taken })
  expect(await send()).toBe(200)
})

describe('a store that is slow', () => {
  it('lets requests wait up to so many bytes, and answers 503 beyond them; no answer of 200 is a lie', async () => {
    const sender = await slowServer.newSender()
    let open = () => {}
    slow.state.closed = new Promise<void>(resolve => {
      open = resolve
    })
    const sent = Array.from({ length: 40 }, () =>
      sender.sendJson(jsonRequest([jsonSpan({ attributes: { a: 'x'.repeat(2_000) } })])),
    )
    const refused = (await Promise.race([Promise.all(sent), firstRefusal(sent)])) as Response
    expect(refused.status).toBe(503)
    expect(refused.headers.get('retry-after')).toBe('2')
    open()
    const statuses = (await Promise.all(sent)).map(({ status }) => status)
    const taken = statuses.filter(status => status === 200).length
    expect(statuses.filter(status => status === 503).length).toBe(40 - taken)
    expect(taken).toBeGreaterThan(2)
    expect(await sender.spanCount()).toBe(taken)
    expect((await sender.sendJson(jsonRequest([jsonSpan()]))).status).toBe(200)
  })

  const firstRefusal = (sent: Promise<Response>[]) =>
    Promise.any(
      sent.map(answer => answer.then(response => (response.status === 503 ? response : Promise.reject(response)))),
    )
})

it('stopping waits for what it has taken, and takes no more', async () => {
  const sender = await stoppingServer.newSender()
  let open = () => {}
  stopping.state.closed = new Promise<void>(resolve => {
    open = resolve
  })
  const sent = sender.sendJson(jsonRequest([jsonSpan()]))
  await expect.poll(() => stopping.state.tokens.length).toBe(1)
  const stopped = stoppingServer.stop()
  await expect(sender.sendJson(jsonRequest([jsonSpan()]))).rejects.toThrow()
  open()
  expect((await sent).status).toBe(200)
  await stopped
  expect(await sender.spanCount()).toBe(1)
})
