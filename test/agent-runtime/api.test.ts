import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { createApiKey } from '../../db/api-keys.ts'
import { createProject } from '../../db/projects.ts'
import { signedIn } from './person.ts'
import { type Runtime, runtimeEnv, startRuntime, upTo } from './runtime.ts'

let runtime: Runtime
beforeAll(async () => {
  // No worker: runs stay queued, so that limits and states are what the API made them.
  runtime = await startRuntime(await runtimeEnv(), { agent: false, ingest: false })
})

const question = { question: 'What is a run?' }

/** A project of its own, so that limits of one test do not meet those of another. */
async function newProject(settings: Record<string, number> = {}) {
  const { postgres } = runtime.services
  const projectId = await createProject(postgres, { name: 'Other' })
  await postgres.sql`update projects set settings = ${JSON.stringify(settings)}::text::jsonb where id = ${projectId}`
  const { key } = await createApiKey(postgres, { projectId, name: 'test' })
  const as = (method: string, path: string, body?: unknown, headers = {}) =>
    runtime.call(method, path, body, { authorization: `Bearer ${key}`, ...headers })
  return {
    projectId,
    as,
    start: (more = {}) => as('POST', '/v1/runs', { workflow: 'analyze', input: question, ...more }),
  }
}

it('answers 202 at once with ids, a stream and a feedback token', async () => {
  const { status, json } = await runtime.post('/v1/runs', { workflow: 'analyze', input: question, user_id: 'ada' })
  expect(status).toBe(202)
  expect(json).toEqual({
    run_id: expect.stringMatching(/^run_[0-9a-f]{20}$/),
    trace_id: expect.stringMatching(/^[0-9a-f]{32}$/),
    stream_url: `/v1/runs/${json.run_id}/stream`,
    feedback_token: expect.stringMatching(/^dlt_/),
  })
  expect((await runtime.get(`/v1/runs/${json.run_id}`)).json).toMatchObject({
    status: 'queued',
    input: { question: 'What is a run?', publish: false },
    user_id: 'ada',
    attempt: 0,
    interrupts: [],
  })
})

it.each([
  ['no question', { workflow: 'analyze', input: {} }, 400, 'bad_input', 'input.question'],
  ['an empty question', { workflow: 'analyze', input: { question: '  ' } }, 400, 'bad_input', 'input.question'],
  [
    'a wrong type',
    { workflow: 'analyze', input: { question: 'x', publish: 'yes' } },
    400,
    'bad_input',
    'input.publish',
  ],
  ['an unknown field', { workflow: 'analyze', input: question, wokflow: 1 }, 400, 'bad_input', 'wokflow'],
  ['no workflow', { input: question }, 400, 'bad_input', 'workflow'],
  ['an unknown workflow', { workflow: 'nope', input: question }, 404, 'not_found', 'workflow'],
  [
    'a user id too long',
    { workflow: 'analyze', input: question, user_id: 'x'.repeat(201) },
    400,
    'bad_input',
    'user_id',
  ],
  ['NUL', { workflow: 'analyze', input: { question: 'a\0b' } }, 400, 'bad_input', 'input.question'],
  ['half a character', { workflow: 'analyze', input: { question: '🜂'.slice(1) } }, 400, 'bad_input', 'input.question'],
  ['a key with NUL', { workflow: 'analyze', input: question, metadata: { 'a\0': 1 } }, 400, 'bad_input', 'metadata'],
  ['a user with NUL', { workflow: 'analyze', input: question, user_id: 'a\0' }, 400, 'bad_input', 'user_id'],
])('refuses %s and says where', async (_, body, status, code, path) => {
  const answer = await runtime.post('/v1/runs', body)
  expect(answer.status).toBe(status)
  expect(answer.json.error).toMatchObject({ code, path, message: expect.stringMatching(/\w/) })
})

it('refuses an idempotency key that is too long, also as a header', async () => {
  const body = { workflow: 'analyze', input: question }
  const long = randomBytes(4_000).toString('hex')
  for (const [more, headers] of [
    [{ idempotency_key: long }, {}],
    [{}, { 'idempotency-key': long }],
  ] as const) {
    const answer = await runtime.call('POST', '/v1/runs', { ...body, ...more }, headers)
    expect([answer.status, answer.json.error.path]).toEqual([400, 'idempotency_key'])
  }
})

it.each([
  ['GET', '/v1/runs/run_%00'],
  ['GET', '/v1/runs?user_id=%00'],
  ['GET', '/v1/runs/run_%00/stream'],
  ['POST', '/v1/runs/run_%00/cancel'],
])('refuses NUL in the address: %s %s', async (method, path) => {
  const answer = await runtime.call(method, path, method === 'POST' ? {} : undefined)
  expect([answer.status, answer.json.error.code]).toEqual([400, 'bad_input'])
})

it('refuses what is not JSON, and too much of it', async () => {
  const text = await fetch(`${runtime.url}/v1/runs`, {
    method: 'POST',
    headers: { authorization: `Bearer ${runtime.key}`, 'content-type': 'text/plain' },
    body: 'x',
  })
  expect(text.status).toBe(415)
  const broken = await fetch(`${runtime.url}/v1/runs`, {
    method: 'POST',
    headers: { authorization: `Bearer ${runtime.key}`, 'content-type': 'application/json' },
    body: '{"a":',
  })
  expect([broken.status, (await broken.json()).error.message]).toEqual([400, 'the body is not JSON'])
  expect(
    (await runtime.post('/v1/runs', { workflow: 'analyze', input: { question: 'x'.repeat(1_100_000) } })).status,
  ).toBe(413)
})

it('asks for a key, and refuses one it does not know', async () => {
  const calls = ['/v1/runs', '/v1/runs/run_x', '/v1/runs/run_x/stream', '/v1/workflows']
  for (const path of calls) {
    expect((await fetch(runtime.url + path)).status).toBe(401)
    expect(
      (
        await fetch(runtime.url + path, {
          headers: { 'x-api-key': 'dlk_000000000000_00000000000000000000000000000000' },
        })
      ).status,
    ).toBe(401)
  }
})

it('does not have the runs of another project: 404 on every call', async () => {
  const { run_id } = await runtime.start(question)
  const other = await newProject()
  for (const [method, path] of [
    ['GET', ''],
    ['GET', '/stream'],
    ['POST', '/cancel'],
    ['POST', '/interrupts/x'],
  ] as const)
    expect(
      (await other.as(method, `/v1/runs/${run_id}${path}`, method === 'POST' ? { decision: true } : undefined)).status,
    ).toBe(404)
  expect((await other.as('GET', '/v1/runs')).json.runs).toEqual([])
  expect((await runtime.get('/v1/runs/run_unknown')).status).toBe(404)
})

it('does not tell somebody signed in whether there is such a run elsewhere, or where', async () => {
  const { run_id } = await runtime.start(question)
  const other = await newProject()
  const { cookie } = await signedIn(runtime.services, other.projectId)
  const told = async (id: string, query: string) =>
    (await (await fetch(`${runtime.url}/v1/runs/${id}${query}`, { headers: { cookie } })).text()).replace(id, 'ID')
  for (const query of ['', `?project=${other.projectId}`, `?project=${runtime.projectId}`]) {
    expect(await told(run_id, query)).toBe(await told('run_unknown', query))
    expect(await told(run_id, query)).not.toContain(runtime.projectId)
  }
})

it('notes an answer by the name of who is signed in, whatever they call themselves; a key names whom it stands for', async () => {
  const { url, projectId, services } = runtime
  const { cookie } = await signedIn(services, projectId)
  const { run_id } = await runtime.start(question)
  for (const id of ['one', 'two'])
    await services.postgres.sql`
      insert into run_interrupts (run_id, interrupt_id, value) values (${run_id}, ${id}, ${services.postgres.sql.json({})})`
  const body = { decision: { approve: true }, approver: 'The Boss' }
  const answered = await fetch(`${url}/v1/runs/${run_id}/interrupts/one?project=${projectId}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', cookie, origin: url },
    body: JSON.stringify(body),
  })
  expect(await answered.json()).toMatchObject({ interrupt_id: 'one', approver: 'Ada' })
  const byKey = await runtime.post(`/v1/runs/${run_id}/interrupts/two`, body)
  expect(byKey.json).toMatchObject({ interrupt_id: 'two', approver: 'The Boss' })
})

it('gives the same run for the same idempotency key, also to twenty calls at once', async () => {
  const other = await newProject()
  const answers = await Promise.all(upTo(20).map(() => other.start({ idempotency_key: 'order-1' })))
  expect(new Set(answers.map(({ json }) => json.run_id)).size).toBe(1)
  expect(answers.map(({ status }) => status).sort()).toEqual([...upTo(19).map(() => 200), 202])
  expect(new Set(answers.map(({ json }) => JSON.stringify(json))).size).toBe(1)
  const byHeader = await other.as(
    'POST',
    '/v1/runs',
    { workflow: 'analyze', input: question },
    { 'idempotency-key': 'order-1' },
  )
  expect(byHeader.json.run_id).toBe(answers[0]?.json.run_id)
  const elsewhere = await (await newProject()).start({ idempotency_key: 'order-1' })
  expect(elsewhere.status).toBe(202)
})

it('limits open runs of a project and of one user, exactly, with Retry-After', async () => {
  const other = await newProject({ maxQueuedRuns: 5, maxRunsPerUser: 2 })
  const mine = await Promise.all(upTo(6).map(() => other.start({ user_id: 'ada' })))
  expect(mine.filter(({ status }) => status === 202)).toHaveLength(2)
  const refused = mine.find(({ status }) => status === 429)
  expect(refused?.json.error.message).toBe('user ada has 2 runs queued or running, and may have 2')
  expect(Number(refused?.headers.get('retry-after'))).toBeGreaterThan(0)
  const all = await Promise.all(upTo(6).map(n => other.start({ user_id: `user ${n}` })))
  expect(all.filter(({ status }) => status === 202)).toHaveLength(3)
  expect(all.find(({ status }) => status === 429)?.json.error.message).toBe(
    'this project has 5 runs queued or running, and may have 5',
  )
  const again = mine.find(({ status }) => status === 202)
  await other.as('POST', `/v1/runs/${again?.json.run_id}/cancel`)
  expect((await other.start({ user_id: 'ada' })).status).toBe(202)
})

it('cancels a queued run at once, and as often as asked', async () => {
  const { run_id } = await runtime.start(question)
  for (const _ of upTo(2))
    expect((await runtime.post(`/v1/runs/${run_id}/cancel`)).json).toEqual({ run_id, status: 'cancelled' })
  const { events } = await runtime.watch(run_id)
  expect(events.map(({ type }) => type)).toEqual(['queued', 'cancelled'])
})

it('lists runs, newest first, by filter and page', async () => {
  const other = await newProject()
  for (const n of upTo(5)) await other.start({ user_id: n % 2 ? 'odd' : 'even', session_id: `s${n}` })
  const page = (await other.as('GET', '/v1/runs?limit=2')).json
  expect(page.runs.map((run: { session_id: string }) => run.session_id)).toEqual(['s5', 's4'])
  const next = (await other.as('GET', `/v1/runs?limit=2&before=${encodeURIComponent(page.next_before)}`)).json
  expect(next.runs.map((run: { session_id: string }) => run.session_id)).toEqual(['s3', 's2'])
  expect((await other.as('GET', '/v1/runs?user_id=even')).json.runs).toHaveLength(2)
  expect((await other.as('GET', '/v1/runs?status=done')).json.runs).toEqual([])
  expect((await other.as('GET', '/v1/runs?status=dnoe')).json.error.path).toBe('status')
})

it.each([
  ['millisecond', "right(session_id, 1)::int * interval '1 microsecond'", ['s4', 's3', 's2', 's1']],
  ['microsecond', "interval '1 microsecond'", undefined],
])('leaves no run out between pages, also of those that were created in one %s', async (_, later, order) => {
  const other = await newProject()
  for (const n of upTo(4)) await other.start({ session_id: `s${n}` })
  const { sql } = runtime.services.postgres
  await sql`
    update runs set created_at = timestamptz '2026-01-01 00:00:00.000100Z' + ${sql.unsafe(later)}
    where project_id = ${other.projectId}`
  const seen: string[] = []
  for (let before = ''; ; ) {
    const page = (await other.as('GET', `/v1/runs?limit=1${before && `&before=${encodeURIComponent(before)}`}`)).json
    seen.push(...page.runs.map((run: { session_id: string }) => run.session_id))
    if (!page.next_before) break
    before = page.next_before
  }
  expect(order ? seen : seen.toSorted()).toEqual(order ?? ['s1', 's2', 's3', 's4'])
  const moment = encodeURIComponent('2026-01-01T00:00:00.0002Z')
  expect((await other.as('GET', `/v1/runs?before=${moment}`)).json.runs).toHaveLength(4)
  for (const nonsense of ['soon', '2026-01-01T00:00:00Z~', '~run_1', '9999-99-99T00:00:00Z~run_1'])
    expect((await other.as('GET', `/v1/runs?before=${encodeURIComponent(nonsense)}`)).json.error.path).toBe('before')
})

const deep = (levels: number) => `${'['.repeat(levels)}${']'.repeat(levels)}`

it.each([
  ['an input', () => `{"workflow":"analyze","input":{"question":${deep(20_000)}}}`, '/v1/runs'],
  ['a body', () => deep(20_000), '/v1/runs'],
  ['an answer', () => `{"decision":${deep(20_000)}}`, undefined],
])('refuses %s that nests very deep', async (_, body, path) => {
  const { run_id } = await runtime.start(question)
  const answer = await fetch(`${runtime.url}${path ?? `/v1/runs/${run_id}/interrupts/x`}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${runtime.key}`, 'content-type': 'application/json' },
    body: body(),
  })
  expect([answer.status, await answer.json()]).toMatchObject([
    400,
    { error: { code: 'bad_input', message: expect.stringContaining('nests deeper than 500 levels') } },
  ])
})

it('tells which workflows there are, with a JSON Schema of their input, and what a flag may set of them', async () => {
  const { json } = await runtime.get('/v1/workflows')
  expect(json.workflows).toEqual([
    {
      name: 'analyze',
      version: '1',
      description: expect.stringContaining('knowledge base'),
      input: expect.objectContaining({
        type: 'object',
        required: ['question'],
        properties: expect.objectContaining({ publish: expect.anything() }),
      }),
      versions: [
        {
          version: '1',
          description: expect.stringContaining('knowledge base'),
          params: expect.objectContaining({ properties: expect.objectContaining({ steps: expect.anything() }) }),
          prompts: { agent: expect.stringContaining('knowledge base'), summary: expect.any(String) },
        },
      ],
    },
  ])
})

it('lets the dashboard in by its cookie, with the project named, and only from its own pages where it changes something', async () => {
  const person = await signedIn(runtime.services, runtime.projectId)
  const ask = (method: string, path: string, headers: Record<string, string>, body?: unknown) =>
    fetch(runtime.url + path, {
      method,
      headers: { 'content-type': 'application/json', cookie: person.cookie, ...headers },
      body: body === undefined ? undefined : JSON.stringify(body),
    })
  const own = { origin: runtime.url }
  const body = { workflow: 'analyze', input: question }
  const at = `/v1/runs?project=${runtime.projectId}`
  expect((await ask('GET', at, {})).status).toBe(200)
  expect((await ask('GET', '/v1/runs', {})).status).toBe(404)
  expect((await ask('GET', '/v1/runs?project=pffffffffffffffff', {})).status).toBe(404)
  expect((await ask('POST', at, own, body)).status).toBe(202)
  expect((await ask('POST', at, { 'sec-fetch-site': 'same-origin' }, body)).status).toBe(202)
  expect((await ask('POST', at, {}, body)).status).toBe(403)
  expect((await ask('POST', at, { origin: 'https://evil.example' }, body)).status).toBe(403)
  const { run_id } = await runtime.start(question)
  expect((await ask('GET', `/v1/runs/${run_id}`, {})).status).toBe(200)
  expect((await ask('POST', `/v1/runs/${run_id}/cancel?project=${runtime.projectId}`, own, {})).status).toBe(200)
  await runtime.services.postgres.sql`update members set role = 'viewer' where user_id = ${person.userId}`
  expect((await ask('POST', at, own, body)).status).toBe(403)
})

afterAll(() => runtime.stop())
