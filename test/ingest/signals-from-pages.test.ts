import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { createApiKey } from '../../db/api-keys.ts'
import { signFeedbackToken } from '../../db/feedback-token.ts'
import { readSignalArrivals } from '../../db/signal-arrivals.ts'
import { insertSignals, listSignals, type Signal } from '../../db/signals.ts'
import { hex, jsonRequest, jsonSpan } from './otlp-factory.ts'
import { ingestServer, type Sender } from './server.ts'

const server = await ingestServer()
const { clickhouse, postgres, secret } = server.services
const hour = 3_600_000

/** As the store keeps them, received some hours ago. */
const receivedBefore = (sender: Sender, traceId: string, hoursAgo: number) =>
  insertSignals(clickhouse, [signalOf(sender, traceId)], new Date(Date.now() - hoursAgo * hour))
const stored = ({ projectId }: Sender, traceId: string) => listSignals(clickhouse, { projectId, traceId })
const signalOf = ({ projectId }: Sender, traceId: string): Signal => ({
  ...{ projectId, traceId, id: hex(8), spanId: '', runId: '', sessionId: '', userId: '', kind: 'copy', value: null },
  ...{ polarity: 1, action: '', comment: '', labels: {}, at: new Date(), source: 'api' },
})
/** As a page does: plain text, and what it may do in the body. */
const fromPage = (body: object) =>
  fetch(`${server.url}/v1/signals`, {
    method: 'POST',
    body: JSON.stringify(body),
    headers: { 'content-type': 'text/plain;charset=UTF-8', origin: 'https://shop.example' },
  })
const tokenFor = ({ projectId }: Sender, traceId: string) =>
  signFeedbackToken({ projectId, traceId, expiresAt: new Date(Date.now() + hour) }, secret)
const clientKey = async ({ projectId }: Sender) =>
  (await createApiKey(postgres, { projectId, name: 'a page', audience: 'client' })).key
const week = ({ projectId }: Sender) => ({
  projectId,
  from: new Date(Date.now() - 7 * 24 * hour),
  to: new Date(Date.now() + hour),
})

it('holds back each client of a proxy that is believed by itself', async () => {
  const key = await clientKey(await server.newSender())
  const send = (client: string) =>
    fetch(`${server.url}/v1/signals`, {
      method: 'POST',
      // None of them is one, but each counts.
      body: JSON.stringify(Array.from({ length: 100 }, () => ({}))),
      headers: { 'content-type': 'application/json', authorization: `Bearer ${key}`, 'x-forwarded-for': client },
    })
  const statuses: number[] = []
  for (let n = 1; n <= 8; n++) statuses.push((await send(`203.0.113.${n}`)).status)
  expect(new Set(statuses)).toEqual(new Set([400]))
  // One client by many connections, whose ports the proxy tells.
  const one = await Promise.all(Array.from({ length: 12 }, (_, n) => send(`203.0.113.200:${4000 + n}`)))
  expect(one.map(({ status }) => status)).toContain(429)
})

describe('a page sends', () => {
  it('several signals at once by its token, all of them or none', async () => {
    const sender = await server.newSender()
    const traceId = hex(16)
    const token = tokenFor(sender, traceId)
    const signals = [{ kind: 'copy' }, { kind: 'action', action: 'sent' }]
    expect(await (await fromPage({ token, signals })).json()).toMatchObject({ accepted: 2 })
    expect((await stored(sender, traceId)).map(({ kind, source }) => [kind, source])).toEqual(
      expect.arrayContaining([
        ['copy', 'page'],
        ['action', 'page'],
      ]),
    )
    const bad = await fromPage({ token, signals: [{ kind: 'accept' }, { kind: 'thumbs', value: 2 }] })
    expect([bad.status, await bad.json()]).toMatchObject([400, { error: { path: '1.value' } }])
    expect(await stored(sender, traceId)).toHaveLength(2)
  })

  it('by a client key, in the header or the body, for any trace of its project; it may not read', async () => {
    const sender = await server.newSender()
    const traceId = hex(16)
    const key = await clientKey(sender)
    expect((await fromPage({ token: key, signals: [{ trace_id: traceId, kind: 'copy' }] })).status).toBe(200)
    const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' }
    const url = `${server.url}/v1/signals`
    const body = JSON.stringify({ trace_id: traceId, kind: 'accept' })
    expect((await fetch(url, { method: 'POST', body, headers })).status).toBe(200)
    expect((await stored(sender, traceId)).map(({ source }) => source)).toEqual(['page', 'page'])
    const read = await fetch(`${url}?trace_id=${traceId}`, { headers })
    expect([read.status, await read.json()]).toMatchObject([
      403,
      { error: { message: 'A feedback token or client key may send feedback, not read it.' } },
    ])
  })

  it('nothing by a server’s key in the body, where it does not belong', async () => {
    const sender = await server.newSender()
    const response = await fromPage({ token: sender.apiKey, signals: [{ trace_id: hex(16), kind: 'copy' }] })
    expect(response.status).toBe(401)
  })
})

describe('what arrived is counted', () => {
  const counted = ({ query }: Sender) =>
    query(
      `select outcome, reason, client, sum(count) as n from ledger
        where project_id = {project:String} and item = 'signals'
        group by outcome, reason, client order by outcome, reason, client`,
      z.object({ outcome: z.string(), reason: z.string(), client: z.string(), n: z.coerce.number() }),
    )

  it('in the ledger: received, stored, repeated, and rejected with the reason', async () => {
    const sender = await server.newSender()
    const token = tokenFor(sender, hex(16))
    const say = (value: number) =>
      fromPage({ token, signals: [{ id: 'vote', kind: 'thumbs', value }, { kind: 'copy' }] })
    expect(await (await say(1)).json()).toMatchObject({
      accepted: 2,
      repeated: 0,
      corrected: 0,
      ids: ['vote', expect.any(String)],
    })
    expect(await (await say(1)).json()).toMatchObject({ accepted: 2, repeated: 1, corrected: 0 })
    expect(await (await say(-1)).json()).toMatchObject({ accepted: 2, repeated: 0, corrected: 1 })
    expect((await say(7)).status).toBe(400)
    const client = 'a page'
    await expect
      .poll(() => counted(sender), { timeout: 10_000 })
      .toEqual([
        { outcome: 'corrected', reason: '', client, n: 1 },
        { outcome: 'duplicate', reason: '', client, n: 1 },
        { outcome: 'received', reason: '', client, n: 8 },
        { outcome: 'rejected', reason: 'value: must be 1 or -1', client, n: 2 },
        { outcome: 'stored', reason: '', client, n: 4 },
      ])
  })

  it('as early, late, or without a trace until the trace comes', async () => {
    const sender = await server.newSender()
    const [early, late, lost] = [hex(16), hex(16), hex(16)]
    const now = Date.now()
    const span = (traceId: string, startMs: number, endMs: number) =>
      jsonSpan({ traceId, startTimeUnixNano: `${startMs}000000`, endTimeUnixNano: `${endMs}000000` })
    const give = (traceId: string) => sender.sendJson({ trace_id: traceId, kind: 'copy' }, '/v1/signals')
    await give(early)
    await give(lost)
    expect(await readSignalArrivals(clickhouse, week(sender))).toMatchObject({
      signals: 2,
      waiting: 2,
      lost: 0,
      early: 0,
      late: 0,
    })
    await sender.sendJson(
      jsonRequest([span(early, now - 1_000, now + 5_000), span(late, now - 50 * hour, now - 49 * hour)]),
    )
    await give(late)
    expect(await readSignalArrivals(clickhouse, week(sender))).toEqual({
      signals: 3,
      waiting: 1,
      lost: 0,
      early: 1,
      late: 1,
      waitingExample: lost,
      lostExample: '',
    })
  })

  it('once each, however often it was corrected', async () => {
    const sender = await server.newSender()
    const traceId = hex(16)
    for (const value of [0.2, 0.8, 0.4])
      await sender.sendJson({ trace_id: traceId, id: 'stars', kind: 'rating', value }, '/v1/signals')
    expect(await readSignalArrivals(clickhouse, week(sender))).toMatchObject({ signals: 1, waiting: 1 })
  })

  it('as lost when their trace did not come within an hour, until it comes after all', async () => {
    const sender = await server.newSender()
    const traceId = hex(16)
    await receivedBefore(sender, traceId, 2)
    expect(await readSignalArrivals(clickhouse, week(sender))).toMatchObject({
      ...{ signals: 1, waiting: 0, lost: 1, lostExample: traceId },
    })
    await sender.sendJson(jsonRequest([jsonSpan({ traceId })]))
    expect(await readSignalArrivals(clickhouse, week(sender))).toMatchObject({ signals: 1, waiting: 0, lost: 0 })
  })

  it('for its own project only, though another uses the same trace id', async () => {
    const [mine, theirs] = [await server.newSender(), await server.newSender()]
    const traceId = hex(16)
    await theirs.sendJson(jsonRequest([jsonSpan({ traceId })]))
    await mine.sendJson({ trace_id: traceId, kind: 'copy' }, '/v1/signals')
    expect(await readSignalArrivals(clickhouse, week(mine))).toMatchObject({ signals: 1, waiting: 1 })
    expect(await readSignalArrivals(clickhouse, week(theirs))).toMatchObject({ signals: 0 })
  })

  it('by reasons of ours alone, whatever a page makes up', async () => {
    const sender = await server.newSender()
    const token = tokenFor(sender, hex(16))
    for (const labels of [{ [`evil ${hex(8)}`]: 1 }, { [`evil ${hex(8)}`]: 2 }])
      expect((await fromPage({ token, kind: 'copy', labels })).status).toBe(400)
    expect((await fromPage({ token, kind: 'copy', run_id: `run_${hex(8)}` })).status).toBe(404)
    await expect
      .poll(async () => (await counted(sender)).filter(({ outcome }) => outcome === 'rejected'), { timeout: 10_000 })
      .toEqual([
        expect.objectContaining({ reason: expect.stringMatching(/^labels: [^{]*$/), n: 2 }),
        expect.objectContaining({ reason: 'run_id: There is no such run in this project.', n: 1 }),
      ])
  })
})
