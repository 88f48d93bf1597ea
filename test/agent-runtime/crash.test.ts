import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type StandIn, startStandIn } from '../model-stand-in/server.ts'
import { startRedis, type TestRedis } from '../setup/redis.ts'
import { spansOf } from './run-spans.ts'
import { type Runtime, runtimeEnv, seqs, startRuntime, upTo } from './runtime.ts'
import { end, startWorker } from './worker-child.ts'

let standIn: StandIn
let redis: TestRedis
beforeAll(async () => {
  standIn = await startStandIn()
  redis = await startRedis()
})
afterAll(async () => {
  await standIn.close()
  await redis.stop()
})

describe.each(['Postgres', 'Redis'] as const)('with the queue on %s', store => {
  let runtime: Runtime
  beforeAll(async () => {
    const env = await runtimeEnv({
      OPENAI_API_KEY: 'stand-in',
      OPENAI_BASE_URL: standIn.url,
      WORKFLOWS_DIR: join(import.meta.dirname, 'workflows'),
    })
    runtime = await startRuntime(store === 'Redis' ? { ...env, REDIS_URL: redis.url } : env, { agent: false })
    await runtime.services.postgres.sql`create table notes (list text, number int, key text primary key)`
    await runtime.services.postgres.sql`create table note_calls (list text, number int, key text)`
  })
  afterAll(() => runtime.stop())

  it('takes a run up from its last step when its worker is killed, without doing any effect twice', async () => {
    const first = await startWorker(runtime.env)
    const started = await runtime.start({ count: 6, stepMs: 150, list: 'killed' }, { workflow: 'steps' })
    await runtime.watch(started.run_id, {
      until: event => event.type === 'progress' && event.data.text === 'Wrote note 2',
    })
    await end(first, 'SIGKILL')
    await startWorker(runtime.env)
    const { events } = await runtime.watch(started.run_id)

    expect(seqs(events)).toEqual(upTo(events.length))
    expect(events.at(-1)).toMatchObject({ type: 'done', attempt: 2, data: { result: { written: 6 } } })
    expect(events.find(({ type }) => type === 'attempt.reset')).toMatchObject({
      attempt: 2,
      data: { reason: 'worker lost' },
    })
    const { sql } = runtime.services.postgres
    const notes = await sql`select number from notes where list = 'killed' order by number`
    expect(notes.map(({ number }) => number)).toEqual(upTo(6))
    // Only the step under way at the kill may have begun twice, and both times under one key.
    const calls =
      await sql`select number, count(*)::int as calls, count(distinct key)::int as keys from note_calls where list = 'killed' group by number`
    expect(calls.filter(({ calls }) => calls > 1).length).toBeLessThanOrEqual(1)
    expect(calls.every(({ keys }) => keys === 1)).toBe(true)
  })

  it('takes a run up whose worker was killed between storing what a step wrote and the checkpoint after it', async () => {
    const first = await startWorker(runtime.env)
    const started = await runtime.start({ count: 6, stepMs: 1, list: 'between', hangAt: 4 }, { workflow: 'steps' })
    await runtime.watch(started.run_id, {
      until: event => event.type === 'progress' && event.data.text === 'Hangs before note 4',
    })
    await end(first, 'SIGKILL')
    // Nothing was done since the last checkpoint, and what the step before it wrote was stored before it: without the
    // checkpoint the run is as if killed there.
    const { sql } = runtime.services.postgres
    const [gone] = await sql`
      delete from langgraph.checkpoints where thread_id = ${started.run_id} and checkpoint_id =
        (select max(checkpoint_id) from langgraph.checkpoints where thread_id = ${started.run_id})
      returning parent_checkpoint_id as parent`
    const stored =
      await sql`select channel from langgraph.checkpoint_writes where checkpoint_id = ${gone?.parent as string}`
    expect(stored.map(({ channel }) => channel)).toContain('written')
    await startWorker(runtime.env)
    const { events } = await runtime.watch(started.run_id)
    expect(events.at(-1)).toMatchObject({ type: 'done', attempt: 2, data: { result: { written: 6 } } })
    const notes = await sql`select number from notes where list = 'between' order by number`
    expect(notes.map(({ number }) => number)).toEqual(upTo(6))
  })

  it('discards a half-written message, and shows the lost worker in the one trace', async () => {
    standIn.behave({})
    const first = await startWorker(runtime.env)
    standIn.next({}, {}, {}, { tokensPerSecond: 4 })
    const started = await runtime.start({ question: 'How do I send traces?' })
    let messages = 0
    const before = await runtime.watch(started.run_id, {
      until: event => {
        if (event.type === 'message.start') messages++
        return messages === 4 && event.type === 'token'
      },
    })
    await end(first, 'SIGKILL')
    const half = before.events.findLast(event => event.type === 'message.start')?.data.message_id
    const requests = standIn.requests.length
    await startWorker(runtime.env)
    const { events } = await runtime.watch(started.run_id)

    expect(seqs(events)).toEqual(upTo(events.length))
    const reset = events.find(event => event.type === 'attempt.reset')
    expect(reset?.data).toMatchObject({ reason: 'worker lost', message_ids: [half], tool_ids: [] })
    // The steps that were done are not done again: one more model call, no more tool calls.
    expect(standIn.requests).toHaveLength(requests + 1)
    expect(events.filter(({ type }) => type === 'tool.start')).toHaveLength(2)
    const end1 = events.at(-1)
    expect(end1).toMatchObject({ type: 'done', attempt: 2 })
    const kept = events.flatMap(event => (event.type === 'token' && event.attempt === 2 ? [event.data.text] : []))
    expect(kept.join('')).toBe(end1?.type === 'done' && (end1.data.result as { answer: string }).answer)

    const spans = await spansOf(runtime.services.clickhouse, runtime.projectId, started.trace_id)
    const attempts = spans.filter(({ name }) => name === 'invoke_agent analyze')
    expect(attempts.map(({ status, message }) => [status, message])).toEqual([
      ['error', 'worker lost'],
      ['unset', ''],
    ])
    expect(attempts[1]?.links).toContain(attempts[0]?.id)
    expect(spans.filter(({ parent }) => parent === '')).toMatchObject([
      { name: 'invoke_workflow analyze', status: 'ok' },
    ])
  })

  it('puts its runs back when it is told to stop; the next worker goes on at once', async () => {
    const first = await startWorker(runtime.env)
    const started = await runtime.start({ count: 8, stepMs: 150, list: 'stopped' }, { workflow: 'steps' })
    await runtime.watch(started.run_id, {
      until: event => event.type === 'progress' && event.data.text === 'Wrote note 2',
    })
    expect(await end(first, 'SIGTERM')).toBe(0)
    expect((await runtime.get(`/v1/runs/${started.run_id}`)).json.status).toBe('queued')
    await startWorker(runtime.env)
    const { events } = await runtime.watch(started.run_id)
    expect(seqs(events)).toEqual(upTo(events.length))
    expect(events.at(-1)).toMatchObject({ type: 'done', attempt: 2, data: { result: { written: 8 } } })
    const { sql } = runtime.services.postgres
    const calls = await sql`select number from note_calls where list = 'stopped' order by number`
    expect(calls.map(({ number }) => number)).toEqual(upTo(8))
  })

  it('cuts off a step that will not end when it is told to stop, and does it again elsewhere', async () => {
    const first = await startWorker(runtime.env)
    standIn.next({ hang: true })
    const started = await runtime.start({ question: 'What is a signal?' })
    await runtime.watch(started.run_id, { until: event => event.type === 'message.start' })
    expect(await end(first, 'SIGTERM')).toBe(0)
    await startWorker(runtime.env)
    const { events } = await runtime.watch(started.run_id)
    expect(seqs(events)).toEqual(upTo(events.length))
    expect(events.at(-1)).toMatchObject({ type: 'done', attempt: 2 })
    const spans = await spansOf(runtime.services.clickhouse, runtime.projectId, started.trace_id)
    expect(spans.filter(({ status }) => status === 'error')).toEqual([])
  })

  it('finds a run that was stored but never queued', async () => {
    const { sql } = runtime.services.postgres
    await sql`
      insert into runs (id, project_id, trace_id, root_span_id, workflow, workflow_version, input)
      values (${`run_forgotten_${store}`}, ${runtime.projectId}, ${store === 'Redis' ? 'ad'.repeat(16) : 'ae'.repeat(16)}, 'abababababababab', 'steps', '3', '{"count":1,"stepMs":1,"list":"forgotten"}')`
    await startWorker(runtime.env)
    const { events } = await runtime.watch(`run_forgotten_${store}`)
    expect(events.map(({ type }) => type)).toEqual(['queued', 'started', 'tool.start', 'tool.end', 'progress', 'done'])
  })
})
