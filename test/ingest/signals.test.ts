import { createHmac } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { signFeedbackToken } from '../../db/feedback-token.ts'
import { projectSettings, updateProject } from '../../db/projects.ts'
import { insertSignals, listSignals } from '../../db/signals.ts'
import { hex, jsonRequest, jsonSpan } from './otlp-factory.ts'
import { ingestServer, type Sender } from './server.ts'

const server = await ingestServer()
const { clickhouse, postgres, secret } = server.services
const sender = await server.newSender()

const send = (body: unknown, by: Sender = sender) => by.sendJson(body, '/v1/signals')
const stored = (traceId: string, by: Sender = sender) => listSignals(clickhouse, { projectId: by.projectId, traceId })
const later = () => new Date(Date.now() + 60_000)

const insertRun = async (projectId: string) => {
  const run = { id: `run_${hex(8)}`, traceId: hex(16) }
  await postgres.sql`
    insert into runs (id, project_id, trace_id, workflow, workflow_version, input)
    values (${run.id}, ${projectId}, ${run.traceId}, 'w', '1', '{}')`
  return run
}

describe('signals by API key', () => {
  it('are stored when they are answered, with their polarity', async () => {
    const traceId = hex(16)
    const signal = {
      trace_id: traceId.toUpperCase(),
      kind: 'thumbs',
      value: -1,
      comment: 'wrong',
      labels: { why: 'tone' },
      user_id: 'u',
    }
    const response = await send(signal)
    expect([response.status, await response.json()]).toEqual([
      200,
      { accepted: 1, unmatched: 1, repeated: 0, corrected: 0, ids: [expect.any(String)] },
    ])
    expect(await stored(traceId)).toMatchObject([
      {
        kind: 'thumbs',
        value: -1,
        polarity: -1,
        comment: 'wrong',
        labels: { why: 'tone' },
        userId: 'u',
        source: 'api',
      },
    ])
  })

  it('count as matched once their trace is there', async () => {
    const traceId = hex(16)
    await sender.sendJson(jsonRequest([jsonSpan({ traceId })]))
    const response = await send([
      { trace_id: traceId, kind: 'copy' },
      { trace_id: hex(16), kind: 'copy' },
    ])
    expect(await response.json()).toMatchObject({ accepted: 2, unmatched: 1 })
  })

  it('with an id count once, and the last one holds', async () => {
    const traceId = hex(16)
    const signal = { id: 'mine', trace_id: traceId, kind: 'rating' }
    for (const value of [0.9, 0.1, 0.9, 0.1]) {
      expect((await send({ ...signal, value })).status).toBe(200)
      await new Promise(resolve => setTimeout(resolve, 2))
    }
    expect(await stored(traceId)).toMatchObject([{ id: 'mine', value: 0.1, polarity: -1 }])
  })

  it('correct what came to another process, also where its clock is ahead', async () => {
    const traceId = hex(16)
    const signal = { id: 'mine', trace_id: traceId, kind: 'thumbs' }
    await send({ ...signal, value: 1 })
    const [first] = await stored(traceId)
    await insertSignals(
      clickhouse,
      [{ ...first!, kind: 'thumbs', polarity: 1, projectId: sender.projectId, traceId }],
      later(),
    )
    expect(await (await send({ ...signal, value: -1, comment: 'wrong' })).json()).toMatchObject({ corrected: 1 })
    expect(await stored(traceId)).toMatchObject([{ value: -1, comment: 'wrong' }])
    await send([
      { ...signal, value: 1 },
      { ...signal, value: -1 },
    ])
    expect(await stored(traceId)).toMatchObject([{ value: -1, comment: '' }])
  })

  it('of an edit keep the distance of the texts, not the texts', async () => {
    const traceId = hex(16)
    await send({ trace_id: traceId, kind: 'edit', original: 'kitten', edited: 'sitting' })
    const [signal] = await stored(traceId)
    expect(signal?.value).toBeCloseTo(3 / 7)
    expect(JSON.stringify(signal)).not.toContain('kitten')
  })

  it('follow the thresholds of the project', async () => {
    const strict = await server.newSender()
    const settings = projectSettings.parse({ ratingNegativeBelow: 0.9, ratingPositiveAbove: 0.95 })
    await updateProject(postgres, strict.projectId, { settings })
    const traceId = hex(16)
    await send({ trace_id: traceId, kind: 'rating', value: 0.8 }, strict)
    expect(await stored(traceId, strict)).toMatchObject([{ polarity: -1 }])
  })

  it('take a run for its trace; one of another project is not found', async () => {
    const run = await insertRun(sender.projectId)
    expect((await send({ run_id: run.id, kind: 'accept' })).status).toBe(200)
    expect(await stored(run.traceId)).toMatchObject([{ kind: 'accept', runId: run.id, polarity: 1 }])
    const foreign = await insertRun((await server.newSender()).projectId)
    const response = await send({ run_id: foreign.id, kind: 'accept' })
    expect([response.status, await response.json()]).toMatchObject([
      404,
      { error: { code: 'not_found', path: 'run_id' } },
    ])
  })

  it('come up to 1,000 at a time', async () => {
    const traceId = hex(16)
    const many = (count: number) => Array.from({ length: count }, () => ({ trace_id: traceId, kind: 'copy' }))
    expect(await (await send(many(1_000))).json()).toMatchObject({ accepted: 1_000 })
    expect((await send(many(1_001))).status).toBe(413)
    expect(await stored(traceId)).toHaveLength(1_000)
  })

  it('can be listed by their trace', async () => {
    const traceId = hex(16)
    await send({ trace_id: traceId, kind: 'copy' })
    const headers = { authorization: `Bearer ${sender.apiKey}` }
    const response = await fetch(`${server.url}/v1/signals?trace_id=${traceId}`, { headers })
    expect(await response.json()).toMatchObject({ signals: [{ kind: 'copy', polarity: 1 }] })
  })
})

describe('what is refused stores nothing', () => {
  const traceId = hex(16)
  it.each([
    [{ kind: 'copy' }, 400, 'trace_id'],
    [{ trace_id: traceId, kind: 'smile' }, 400, 'kind'],
    [
      [
        { trace_id: traceId, kind: 'copy' },
        { trace_id: traceId, kind: 'thumbs', value: 3 },
      ],
      400,
      '1.value',
    ],
    ['no object', 400, undefined],
    [null, 400, undefined],
  ])('%j', async (body, status, path) => {
    const response = await send(body)
    expect(response.status).toBe(status)
    const { error } = (await response.json()) as { error: { code: string; message: string; path?: string } }
    expect(error).toMatchObject({ code: 'bad_input', message: expect.any(String) })
    expect(error.path).toBe(path)
    expect(await stored(traceId)).toEqual([])
  })

  it('what is not JSON', async () => {
    const response = await sender.post('/v1/signals', '{"kind"', { 'content-type': 'application/json' })
    expect([response.status, await response.json()]).toMatchObject([400, { error: { code: 'bad_input' } }])
  })
})

describe('signals by feedback token', () => {
  const post = (body: unknown, headers: Record<string, string>) =>
    fetch(`${server.url}/v1/signals`, { method: 'POST', body: JSON.stringify(body), headers })
  const grant = () => ({ projectId: sender.projectId, traceId: hex(16), expiresAt: later() })

  it('go to its trace, from a page of another origin', async () => {
    const given = grant()
    const token = signFeedbackToken(given, secret)
    const headers = {
      authorization: `Bearer ${token}`,
      'content-type': 'application/json',
      origin: 'https://shop.example',
    }
    const response = await post({ kind: 'thumbs', value: 1 }, headers)
    expect([response.status, response.headers.get('access-control-allow-origin')]).toEqual([200, '*'])
    expect(await stored(given.traceId)).toMatchObject([{ kind: 'thumbs', source: 'page' }])
  })

  it('may carry it in the body, as sendBeacon does', async () => {
    const given = grant()
    const body = { token: signFeedbackToken(given, secret), kind: 'abandon' }
    expect((await post(body, { 'content-type': 'text/plain;charset=UTF-8' })).status).toBe(200)
    expect(await stored(given.traceId)).toMatchObject([{ kind: 'abandon' }])
  })

  it.each<[string, () => [unknown, string], number]>([
    ['for another trace', () => [{ kind: 'copy', trace_id: hex(16) }, signFeedbackToken(grant(), secret)], 403],
    [
      'that has expired',
      () => [{ kind: 'copy' }, signFeedbackToken({ ...grant(), expiresAt: new Date(0) }, secret)],
      401,
    ],
    ['signed by somebody else', () => [{ kind: 'copy' }, signFeedbackToken(grant(), `${secret}x`)], 401],
    ['with a run of another trace', () => [{ kind: 'copy', run_id: 'run_x' }, signFeedbackToken(grant(), secret)], 404],
  ])('are refused %s', async (_name, make, status) => {
    const [body, token] = make()
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' }
    expect((await post(body, headers)).status).toBe(status)
  })
})

describe('signals by session', () => {
  const url = `${server.url}/v1/signals?project=${sender.projectId}`
  const body = JSON.stringify({ trace_id: hex(16), kind: 'copy' })
  const headers = { 'content-type': 'application/json', cookie: 'davylamp.session_token=forged' }

  it('are taken from members, not from viewers, and not for another project', async () => {
    const member = await signedIn(sender.projectId, 'member')
    const own = (cookie: string) => ({ 'content-type': 'application/json', cookie, origin: server.url })
    const traceId = hex(16)
    const signal = JSON.stringify({ trace_id: traceId, kind: 'copy' })
    expect((await fetch(url, { method: 'POST', body: signal, headers: own(member) })).status).toBe(200)
    expect(await stored(traceId)).toMatchObject([{ kind: 'copy', source: 'dashboard' }])
    const viewer = await signedIn(sender.projectId, 'viewer')
    expect((await fetch(url, { method: 'POST', body: signal, headers: own(viewer) })).status).toBe(403)
    const stranger = await signedIn((await server.newSender()).projectId, 'owner')
    expect((await fetch(url, { method: 'POST', body: signal, headers: own(stranger) })).status).toBe(403)
  })

  it('demand a request from our own pages', async () => {
    const response = await fetch(url, { method: 'POST', body, headers: { ...headers, origin: 'https://evil.example' } })
    expect([response.status, await response.json()]).toMatchObject([403, { error: { code: 'cross_origin' } }])
  })

  it('demand a session that is real', async () => {
    const own = { ...headers, 'sec-fetch-site': 'same-origin' }
    expect((await fetch(url, { method: 'POST', body, headers: own })).status).toBe(401)
  })

  it('demand credentials at all', async () => {
    const response = await fetch(url, { method: 'POST', body, headers: { 'content-type': 'application/json' } })
    expect(response.status).toBe(401)
  })
})

/** A person with a role in a project, signed in: the cookie, signed as better-auth signs it. */
async function signedIn(projectId: string, role: string): Promise<string> {
  const userId = hex(8)
  const token = hex(16)
  await postgres.sql`insert into users (id, name, email) values (${userId}, 'Ann', ${`${userId}@example.org`})`
  await postgres.sql`insert into members (project_id, user_id, role) values (${projectId}, ${userId}, ${role})`
  await postgres.sql`
    insert into auth_sessions (id, user_id, token, expires_at) values (${hex(8)}, ${userId}, ${token}, ${later()})`
  const signature = createHmac('sha256', secret).update(token).digest('base64')
  return `davylamp.session_token=${encodeURIComponent(`${token}.${signature}`)}`
}
