import { expect, it } from 'vitest'
import { createApiKey } from '../../db/api-keys.ts'
import { signFeedbackToken } from '../../db/feedback-token.ts'
import { listSignals } from '../../db/signals.ts'
import { hex, jsonRequest, jsonSpan } from './otlp-factory.ts'
import { ingestServer, type Sender } from './server.ts'

const server = await ingestServer()
const { clickhouse, postgres, secret } = server.services
const day = 86_400_000

const tokenFor = ({ projectId }: Sender, traceId: string) =>
  signFeedbackToken({ projectId, traceId, expiresAt: new Date(Date.now() + day) }, secret)
const fromPage = (body: object) =>
  fetch(`${server.url}/v1/signals`, {
    method: 'POST',
    body: JSON.stringify(body),
    headers: { origin: 'https://e.example' },
  })
const stored = ({ projectId }: Sender, traceId: string) => listSignals(clickhouse, { projectId, traceId })
const copies = (count: number) => Array.from({ length: count }, () => ({ kind: 'copy' }))

it('a feedback token opens nothing but feedback on its trace', async () => {
  const sender = await server.newSender()
  const traceId = hex(16)
  const headers = { authorization: `Bearer ${tokenFor(sender, traceId)}`, 'content-type': 'application/json' }
  const body = JSON.stringify(jsonRequest([jsonSpan({ traceId })]))
  expect((await fetch(`${server.url}/v1/traces`, { method: 'POST', headers, body })).status).toBe(401)
  const read = await fetch(`${server.url}/v1/signals?trace_id=${traceId}`, { headers })
  expect([read.status, await read.json()]).toMatchObject([403, { error: { code: 'forbidden' } }])
})

it('the claims of a token cannot be changed, nor its signature be left out', async () => {
  const sender = await server.newSender()
  const [mine, other] = [hex(16), hex(16)]
  const [claims = '', signature = ''] = tokenFor(sender, mine).split('.')
  const [foreign = ''] = tokenFor(sender, other).split('.')
  for (const token of [`${foreign}.${signature}`, claims, `${claims}.`, `${claims}.${'A'.repeat(43)}`])
    expect((await fromPage({ token, kind: 'copy' })).status).toBe(401)
  expect(await stored(sender, other)).toEqual([])
})

it('a page replaces nothing that a server said, and cannot pass for one', async () => {
  const sender = await server.newSender()
  const traceId = hex(16)
  const vote = { id: 'vote', trace_id: traceId, kind: 'thumbs' }
  await sender.sendJson({ ...vote, value: -1 }, '/v1/signals')
  const token = tokenFor(sender, traceId)
  expect(await (await fromPage({ token, ...vote, value: 1, source: 'api' })).json()).toMatchObject({
    ...{ accepted: 1, corrected: 0, ids: ['vote'] },
  })
  const kept = (await stored(sender, traceId)).map(({ value, source }) => [source, value]).sort()
  expect(kept).toEqual([
    ['api', -1],
    ['page', 1],
  ])
})

it('a page that floods is held back, and told when it may go on; others are not', async () => {
  const sender = await server.newSender()
  const [traceId, other] = [hex(16), hex(16)]
  const token = tokenFor(sender, traceId)
  expect((await fromPage({ token, signals: copies(101) })).status).toBe(413)
  expect((await fromPage({ token, signals: copies(40) })).status).toBe(200)
  const held = await fromPage({ token, signals: copies(40) })
  expect([held.status, await held.json()]).toMatchObject([429, { error: { code: 'too_often' } }])
  expect(Number(held.headers.get('retry-after'))).toBeGreaterThan(0)
  expect(held.headers.get('access-control-expose-headers')).toContain('retry-after')
  expect((await fromPage({ token: tokenFor(sender, other), kind: 'copy' })).status).toBe(200)
  expect(await stored(sender, traceId)).toHaveLength(40)
})

it('pages keep a bounded number of signals on a trace, by whatever way; corrections still come', async () => {
  const sender = await server.newSender()
  const traceId = hex(16)
  const { key } = await createApiKey(postgres, { projectId: sender.projectId, name: 'a page', audience: 'client' })
  const say = (signals: object[]) =>
    fromPage({ token: key, signals: signals.map(signal => ({ trace_id: traceId, ...signal })) })
  const vote = (value: number) => ({ id: 'vote', kind: 'thumbs', value })
  expect((await say([vote(1), ...copies(99)])).status).toBe(200)
  expect((await say(copies(99))).status).toBe(200)
  const crowd = await say(copies(2))
  expect([crowd.status, await crowd.json()]).toMatchObject([403, { error: { code: 'too_many' } }])
  expect((await say(copies(1))).status).toBe(200)
  expect((await say([vote(-1)])).status).toBe(200)
  expect(await stored(sender, traceId)).toHaveLength(200)
  expect((await sender.sendJson({ trace_id: traceId, kind: 'copy' }, '/v1/signals')).status).toBe(200)
})

it.each([
  ['half a letter', { comment: '\ud800 and \u0000' }],
  ['half a letter in a label', { labels: { 'why \ud800': 'so \udc00' } }],
  ['a time before all clocks', { at: -8e15 }],
  ['a time that is none', { at: 9e15 }],
  ['a date of the year 1', { at: '0001-01-01T00:00:00Z' }],
  ['a time to come', { at: '9999-12-31T23:59:59Z' }],
])('%s is stored, and stands at a time that was', async (_, odd) => {
  const sender = await server.newSender()
  const traceId = hex(16)
  const began = Date.now()
  expect((await fromPage({ token: tokenFor(sender, traceId), kind: 'comment', comment: 'odd', ...odd })).status).toBe(
    200,
  )
  const [signal] = await stored(sender, traceId)
  expect(signal?.at.getTime()).toBeGreaterThanOrEqual(began)
  expect(signal?.at.getTime()).toBeLessThanOrEqual(Date.now())
})

it('a run whose id no database takes is a bad input, not a fault of ours', async () => {
  const sender = await server.newSender()
  const body = { token: tokenFor(sender, hex(16)), kind: 'copy', run_id: 'run_\u0000' }
  expect((await fromPage(body)).status).toBe(400)
})
