import { beforeAll, describe, expect, it } from 'vitest'
import { createApiKey, revokeApiKey } from '../../db/api-keys.ts'
import { signFeedbackToken } from '../../db/feedback-token.ts'
import { booleanDoc, changeFlag, putFlag, switchAi, workflowDoc } from '../flags/factory.ts'
import { inEffect, type Ofrep, startOfrep } from './server.ts'

let ofrep: Ofrep
let project: Awaited<ReturnType<Ofrep['newProject']>>
beforeAll(async () => {
  ofrep = await startOfrep()
  project = await ofrep.newProject()
  const split = {
    split: [
      { variant: 'yes', weight: 5000 },
      { variant: 'no', weight: 5000 },
    ],
  }
  await putFlag(project.at, booleanDoc('on', { public: true }))
  await putFlag(project.at, booleanDoc('secret'))
  await putFlag(project.at, booleanDoc('off', { state: 'off', public: true }))
  await putFlag(project.at, booleanDoc('half', { otherwise: split, public: true }))
  await putFlag(project.at, workflowDoc('agent', { state: 'canary', share: 10_000 }))
  await inEffect(ofrep, await putFlag(project.at, booleanDoc('a.b:c@d')))
})

type Ask = { body?: unknown; key?: string | null; headers?: Record<string, string>; method?: string }
async function ask(
  path: string,
  { body = { context: {} }, key = project.serverKey, headers = {}, method = 'POST' }: Ask = {},
) {
  const answer = await fetch(`${ofrep.url}/ofrep/v1${path}`, {
    method,
    headers: { 'content-type': 'application/json', ...(key && { authorization: `Bearer ${key}` }), ...headers },
    body: method === 'GET' || method === 'OPTIONS' ? undefined : typeof body === 'string' ? body : JSON.stringify(body),
  })
  const text = await answer.text()
  return { status: answer.status, headers: answer.headers, text, json: text ? JSON.parse(text) : undefined }
}
const one = (key: string, context: unknown = {}, more: Ask = {}) =>
  ask(`/evaluate/flags/${key}`, { body: { context }, ...more })
const all = (context: unknown = {}, more: Ask = {}) => ask('/evaluate/flags', { body: { context }, ...more })

describe('a context that nests very deep', () => {
  const deep = `{"context":{"targetingKey":"ada","list":${'['.repeat(20_000)}${']'.repeat(20_000)}}}`

  it.each(['/evaluate/flags/on', '/evaluate/flags/half', '/evaluate/flags'])('is refused by %s', async path => {
    const { status, json } = await ask(path, { body: deep })
    expect([status, json]).toMatchObject([
      400,
      { errorCode: 'INVALID_CONTEXT', errorDetails: 'the context nests deeper than 500 levels' },
    ])
  })
})

describe('one flag', () => {
  it('is answered with value, variant, reason and metadata', async () => {
    const { status, json, headers } = await one('on')
    expect([status, json]).toEqual([
      200,
      {
        key: 'on',
        value: true,
        variant: 'yes',
        reason: 'STATIC',
        metadata: { flagSetId: project.projectId, version: 1 },
      },
    ])
    expect(headers.get('content-type')).toContain('application/json')
  })

  it('that is off has an explicit value', async () => {
    expect((await one('off')).json).toMatchObject({ value: false, variant: 'no', reason: 'DISABLED' })
  })

  it('of a workflow says what to run, and in which cohort', async () => {
    expect((await one('agent')).json).toMatchObject({ value: 'canary', variant: 'canary' })
  })

  it.each(['a.b:c@d', 'a.b%3Ac%40d', encodeURIComponent('a.b:c@d')])('is found by its key written as %s', async key => {
    expect((await one(key)).json).toMatchObject({ key: 'a.b:c@d', value: true })
  })

  it.each<[string, string, unknown, number, object]>([
    ['that is not there', 'gone', {}, 404, { key: 'gone', errorCode: 'FLAG_NOT_FOUND' }],
    ['with a slash in its key, encoded', 'a%2Fb', {}, 404, { key: 'a/b', errorCode: 'FLAG_NOT_FOUND' }],
    ['with a slash in its key', 'a/b', {}, 404, { key: 'a/b', errorCode: 'FLAG_NOT_FOUND' }],
    ['that needs a user', 'half', {}, 400, { key: 'half', errorCode: 'TARGETING_KEY_MISSING' }],
    ['with a list as context', 'on', [], 400, { key: 'on', errorCode: 'INVALID_CONTEXT' }],
    ['with no object as context', 'on', null, 400, { key: 'on', errorCode: 'INVALID_CONTEXT' }],
  ])('%s is an error in OpenFeature’s words', async (_, key, context, status, error) => {
    const answer = await one(key, context)
    expect(answer.status).toBe(status)
    expect(answer.json).toMatchObject({ ...error, errorDetails: expect.any(String) })
    expect(answer.json).not.toHaveProperty('value')
  })

  it.each(['{"context"', '"a text"', '[]'])('asked for with the body %s is a PARSE_ERROR', async body => {
    const { status, json } = await ask('/evaluate/flags/on', { body })
    expect([status, json]).toMatchObject([400, { key: 'on', errorCode: 'PARSE_ERROR' }])
  })

  it('asked for with a key that cannot be decoded is refused', async () => {
    expect((await one('%E0%A4%A')).status).toBe(400)
  })

  it('asked for with more than a context should hold is refused', async () => {
    const { status, json } = await one('on', { text: 'x'.repeat(200_000) })
    expect([status, json]).toMatchObject([400, { errorCode: 'INVALID_CONTEXT', key: 'on' }])
  })

  it('needs no body', async () => {
    expect((await ask('/evaluate/flags/on', { body: '' })).json).toMatchObject({ value: true })
  })
})

describe('all flags', () => {
  it('are answered together; one that is in error does not spoil the others', async () => {
    const { status, json } = await all()
    expect(status).toBe(200)
    const byKey = Object.fromEntries(json.flags.map((flag: { key: string }) => [flag.key, flag]))
    expect(Object.keys(byKey).sort()).toEqual(['a.b:c@d', 'agent', 'half', 'off', 'on', 'secret'])
    expect(byKey.half).toMatchObject({ errorCode: 'TARGETING_KEY_MISSING' })
    expect(byKey.off).toMatchObject({ value: false, reason: 'DISABLED' })
    expect(json.metadata).toEqual({ flagSetId: project.projectId })
    expect(json.eventStreams).toMatchObject([{ type: 'sse', inactivityDelaySec: 120 }])
  })

  it('have an ETag over the answer: the same context gets 304, another context another answer', async () => {
    const ada = await all({ targetingKey: 'ada' })
    const etag = ada.headers.get('etag') ?? ''
    expect(etag).toMatch(/^"[\w-]+"$/)
    const again = await all({ targetingKey: 'ada' }, { headers: { 'if-none-match': etag } })
    expect([again.status, again.text, again.headers.get('etag')]).toEqual([304, '', etag])
    // Somebody on the other side of the half: with a tag of the configuration alone they would be served Ada's flags.
    const variantOf = (answer: typeof ada) =>
      answer.json.flags.find((flag: { key: string }) => flag.key === 'half').variant
    for (let n = 0; ; n++) {
      const other = await all({ targetingKey: `user-${n}` }, { headers: { 'if-none-match': etag } })
      if (other.status === 304) continue
      expect(variantOf(other)).not.toBe(variantOf(ada))
      break
    }
    const changed = await changeFlag(project.at, 'on', { otherwise: { variant: 'no' } })
    await inEffect(ofrep, changed)
    expect((await all({ targetingKey: 'ada' }, { headers: { 'if-none-match': `W/${etag}, "x"` } })).status).toBe(200)
    await inEffect(ofrep, await changeFlag(project.at, 'on', { otherwise: { variant: 'yes' } }))
  })

  it('with a bad context are refused as a whole', async () => {
    expect(await all('ada')).toMatchObject({ status: 400, json: { errorCode: 'INVALID_CONTEXT' } })
    expect(await ask('/evaluate/flags', { body: '{' })).toMatchObject({
      status: 400,
      json: { errorCode: 'PARSE_ERROR' },
    })
  })

  it('of another project are not among them', async () => {
    const other = await ofrep.newProject()
    expect((await all({}, { key: other.serverKey })).json.flags).toEqual([])
    expect((await one('on', {}, { key: other.serverKey })).status).toBe(404)
  })

  it('of workflows are off while AI is', async () => {
    await inEffect(ofrep, await switchAi(project.at, { off: true }))
    expect((await one('agent')).json).toMatchObject({ value: 'off', variant: 'off', reason: 'DISABLED' })
    expect((await one('on')).json).toMatchObject({ value: true })
    await inEffect(ofrep, await switchAi(project.at, { off: false }))
  })
})

describe('a caller', () => {
  it('gives a key as Bearer or as X-API-Key', async () => {
    const headers = { 'x-api-key': project.serverKey }
    expect((await one('on', {}, { key: null, headers })).status).toBe(200)
  })

  it.each([
    ['no key', null],
    ['an unknown key', 'dlk_000000000000_00000000000000000000000000000000'],
    ['no key at all', 'nonsense'],
  ])('with %s is refused', async (_, key) => {
    expect((await one('on', {}, { key })).status).toBe(401)
    expect((await all({}, { key })).status).toBe(401)
  })

  it('with a feedback token is refused', async () => {
    const grant = { projectId: project.projectId, traceId: 'ab'.repeat(16), expiresAt: new Date(Date.now() + 60_000) }
    expect((await one('on', {}, { key: signFeedbackToken(grant, ofrep.services.secret) })).status).toBe(401)
  })

  it('in a page of any origin may ask, and read ETag and Retry-After', async () => {
    const origin = 'https://shop.example'
    const preflight = await ask('/evaluate/flags', {
      method: 'OPTIONS',
      key: null,
      headers: { origin, 'access-control-request-headers': 'authorization,if-none-match' },
    })
    expect(preflight.status).toBe(204)
    expect(preflight.headers.get('access-control-allow-origin')).toBe('*')
    for (const header of ['authorization', 'if-none-match', 'content-type', 'x-api-key'])
      expect(preflight.headers.get('access-control-allow-headers')).toContain(header)
    const { headers } = await all({}, { headers: { origin } })
    expect(headers.get('access-control-allow-origin')).toBe('*')
    expect(headers.get('access-control-expose-headers')).toBe('etag, retry-after')
  })

  it('asking for something else is told so', async () => {
    expect(await ask('/configuration', { method: 'GET' })).toMatchObject({
      status: 404,
      json: { errorDetails: 'there is nothing at GET /ofrep/v1/configuration' },
    })
  })
})

describe('a client key', () => {
  it('evaluates the flags that are public, and does not learn of others', async () => {
    const key = project.clientKey
    expect((await one('on', {}, { key })).json).toMatchObject({ value: true })
    const [hidden, none] = [await one('secret', {}, { key }), await one('gone', {}, { key })]
    expect([hidden.status, hidden.json]).toEqual([404, { ...none.json, key: 'secret' }])
    const { json } = await all({}, { key })
    expect(json.flags.map((flag: { key: string }) => flag.key).sort()).toEqual(['half', 'off', 'on'])
  })

  it('is no key where writing or reading is asked for', async () => {
    const { identity } = ofrep.services
    const headers = new Headers({ authorization: `Bearer ${project.clientKey}` })
    expect(await identity.byKey(headers)).toBe('invalid')
    expect(await identity.byKey(headers, { clients: true })).toMatchObject({ audience: 'client' })
  })

  it('cannot be passed off as a server key', async () => {
    const key = project.clientKey.replace('dlc_', 'dlk_')
    expect((await one('on', {}, { key })).status).toBe(401)
  })
})

it('refuses a caller who asks too often, for all flags alike, until Retry-After', async () => {
  const small = await startOfrep({ perSecond: 5, perAddress: 3 }, ofrep.services)
  const { serverKey, clientKey, at } = await small.newProject()
  await inEffect(ofrep, await putFlag(at, booleanDoc('on', { public: true })))
  const call = (key: string, flag: string) =>
    fetch(`${small.url}/ofrep/v1/evaluate/flags/${flag}`, { method: 'POST', headers: { 'x-api-key': key } })
  const statuses = await Promise.all(Array.from({ length: 12 }, (_, n) => call(serverKey, n % 2 ? 'on' : 'gone')))
  expect(statuses.filter(({ status }) => status === 429)).toHaveLength(7)
  const refused = statuses.find(({ status }) => status === 429)
  expect(refused?.headers.get('retry-after')).toBe('1')
  expect(await refused?.json()).toEqual({ errorDetails: 'too many requests: try again in 1 s' })
  const fromPages = await Promise.all(Array.from({ length: 5 }, () => call(clientKey, 'on')))
  expect(fromPages.map(({ status }) => status).sort()).toEqual([200, 200, 200, 429, 429])
  await expect.poll(async () => (await call(serverKey, 'on')).status, { interval: 300 }).toBe(200)
})

describe('the stream of changes', () => {
  /** Reads the stream that the bulk answer names, as an EventSource would. */
  async function listen(key: string, headers: Record<string, string> = {}) {
    const [stream] = (await all({}, { key })).json.eventStreams
    const stop = new AbortController()
    const answer = await fetch(ofrep.url + stream.endpoint.requestUri, { headers, signal: stop.signal })
    let text = ''
    void (async () => {
      const decoder = new TextDecoder()
      for await (const chunk of answer.body as unknown as AsyncIterable<Uint8Array>) text += decoder.decode(chunk)
    })().catch(() => {})
    const events = () =>
      [...text.matchAll(/id: (\d+)\ndata: (.*)\n\n/g)].map(([, id, data]) => ({ id, ...JSON.parse(data!) }))
    return { status: answer.status, headers: answer.headers, events, text: () => text, stop: () => stop.abort() }
  }

  it('tells of a change of the project, and of no other’s', async () => {
    const [own, other] = [await ofrep.newProject(), await ofrep.newProject()]
    const heard = await listen(own.serverKey)
    expect(heard.headers.get('content-type')).toContain('text/event-stream')
    await expect.poll(() => heard.text()).toContain('retry: 2000')
    await inEffect(ofrep, await putFlag(other.at, booleanDoc('on')))
    const { version } = await putFlag(own.at, booleanDoc('on'))
    await expect
      .poll(() => heard.events())
      .toEqual([{ id: String(version), type: 'refetchEvaluation', etag: String(version) }])
    heard.stop()
  })

  it('tells again what changed while a reader was away, or just before it came', async () => {
    const own = await ofrep.newProject()
    await inEffect(ofrep, await putFlag(own.at, booleanDoc('on')))
    const version = String(ofrep.services.flags.version)
    const late = await listen(own.serverKey)
    await expect.poll(() => late.events()).toHaveLength(1)
    const back = await listen(own.serverKey, { 'last-event-id': '1' })
    await expect.poll(() => back.events()).toHaveLength(1)
    const current = await listen(own.serverKey, { 'last-event-id': version })
    await expect.poll(() => current.text()).toContain('retry')
    expect(current.events()).toEqual([])
    for (const reader of [late, back, current]) reader.stop()
  })

  it('is open to so many of one key and address, until some leave', async () => {
    const small = await startOfrep({ streams: { each: 2 } }, ofrep.services)
    const own = await ofrep.newProject()
    const [stream] = (await all({}, { key: own.clientKey })).json.eventStreams
    const [other] = (await all({}, { key: own.serverKey })).json.eventStreams
    const open = async ({ endpoint } = stream) => {
      const stop = new AbortController()
      const { status, headers } = await fetch(small.url + endpoint.requestUri, { signal: stop.signal })
      return { status, retryAfter: headers.get('retry-after'), stop: () => stop.abort() }
    }
    const [first, second, third, fourth] = [await open(), await open(), await open(), await open(other)]
    expect([first, second, third, fourth].map(({ status }) => status)).toEqual([200, 200, 429, 200])
    expect(third.retryAfter).toBe('60')
    first.stop()
    await expect.poll(async () => (await open()).status).toBe(200)
  })

  it('is given to a key, and ends with it', async () => {
    const own = await ofrep.newProject()
    const { key, id } = await createApiKey(ofrep.services.postgres, { projectId: own.projectId, name: 'short' })
    const [stream] = (await all({}, { key })).json.eventStreams
    const url = ofrep.url + stream.endpoint.requestUri
    await revokeApiKey(ofrep.services.postgres, { projectId: own.projectId, id })
    expect((await fetch(url)).status).toBe(401)
    expect((await fetch(url.replace(own.projectId, project.projectId))).status).toBe(401)
    expect((await fetch(`${ofrep.url}/ofrep/v1/events`)).status).toBe(401)
  })
})

it('waits for flags that another process has already, when a client says so', async () => {
  const own = await ofrep.newProject()
  const before = ofrep.services.flags.version
  const { version } = await putFlag(own.at, booleanDoc('on'))
  expect(version).toBeGreaterThan(before)
  const { json } = await ask(`/evaluate/flags?flagConfigEtag=${version}`, { key: own.serverKey })
  expect(json.flags).toMatchObject([{ key: 'on', value: true }])
})
