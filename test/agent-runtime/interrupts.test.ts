import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { searchKnowledge } from '../../db/knowledge.ts'
import { type StandIn, startStandIn } from '../model-stand-in/server.ts'
import { startRedis, type TestRedis } from '../setup/redis.ts'
import { spansOf } from './run-spans.ts'
import { type Runtime, runtimeEnv, seqs, startRuntime, upTo } from './runtime.ts'

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

describe.each(['Postgres', 'Redis'] as const)('a run that asks before it publishes, queued on %s', store => {
  let runtime: Runtime
  beforeAll(async () => {
    const env = await runtimeEnv({ OPENAI_API_KEY: 'stand-in', OPENAI_BASE_URL: standIn.url })
    runtime = await startRuntime(store === 'Redis' ? { ...env, REDIS_URL: redis.url } : env)
  })
  afterAll(() => runtime.stop())

  async function untilAsked(question: string) {
    const started = await runtime.start({ question, publish: true })
    const { events } = await runtime.watch(started.run_id, { until: event => event.type === 'interrupt' })
    const asked = events.at(-1)
    if (asked?.type !== 'interrupt') throw new Error('it did not ask')
    await expect.poll(async () => (await runtime.get(`/v1/runs/${started.run_id}`)).json.status).toBe('interrupted')
    return { started, interruptId: asked.data.interrupt_id, value: asked.data.value }
  }
  const reply = (runId: string, interruptId: string, body: unknown) =>
    runtime.post(`/v1/runs/${runId}/interrupts/${interruptId}`, body)

  it('waits, is answered once, publishes, and ends in the same trace', async () => {
    const { started, interruptId, value } = await untilAsked('How does the wombat protocol work?')
    expect(value).toMatchObject({ action: 'publish_summary', title: 'How does the wombat protocol work?' })
    const open = (await runtime.get(`/v1/runs/${started.run_id}`)).json.interrupts
    expect(open).toMatchObject([{ interrupt_id: interruptId, decision: null, answered_at: null }])

    const answers = await Promise.all(
      upTo(4).map(n => reply(started.run_id, interruptId, { decision: { approve: true }, approver: `person ${n}` })),
    )
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 409, 409, 409])
    expect(answers.find(({ status }) => status === 409)?.json.error.message).toMatch(
      /^the interrupt was answered by person \d/,
    )

    const { events } = await runtime.watch(started.run_id)
    expect(seqs(events)).toEqual(upTo(events.length))
    expect(events.filter(({ type }) => type === 'interrupt')).toHaveLength(1)
    expect(events.filter(({ type }) => type === 'interrupt.answered')).toHaveLength(1)
    expect(events.filter(({ type }) => type === 'attempt.reset')).toHaveLength(0)
    expect(events.filter(event => event.type === 'tool.end' && event.data.name === 'publish_summary')).toHaveLength(1)
    expect(events.at(-1)?.data).toMatchObject({ result: { published: { path: `summaries/${started.run_id}.md` } } })
    expect(events.at(-1)?.attempt).toBe(2)

    const found = await searchKnowledge(runtime.services.postgres, {
      projectId: runtime.projectId,
      query: 'wombat protocol',
    })
    expect(found.map(({ path }) => path)).toContain(`summaries/${started.run_id}.md`)
    const other = await searchKnowledge(runtime.services.postgres, { projectId: 'another', query: '"wombat protocol"' })
    expect(other.map(({ path }) => path)).not.toContain(`summaries/${started.run_id}.md`)

    const spans = await spansOf(runtime.services.clickhouse, runtime.projectId, started.trace_id)
    const attempts = spans.filter(({ name }) => name === 'invoke_agent analyze')
    expect(spans.filter(({ parent }) => parent === '')).toHaveLength(1)
    expect(attempts.map(({ attributes }) => attributes['davylamp.attempt'])).toEqual(['1', '2'])
    expect(attempts[1]?.links).toContain(attempts[0]?.id)
    expect(spans.find(({ name }) => name === 'ask')).toMatchObject({ status: 'interrupted' })
    expect(spans.filter(({ status }) => status === 'error')).toEqual([])
  })

  it('publishes nothing when the answer is no, and keeps the reason', async () => {
    const { started, interruptId } = await untilAsked('How does the quokka protocol work?')
    expect(
      (
        await reply(started.run_id, interruptId, {
          decision: { approve: false, reason: 'it is wrong' },
          approver: 'bo',
        })
      ).status,
    ).toBe(200)
    const { events } = await runtime.watch(started.run_id)
    expect(events.at(-1)?.data).toMatchObject({ result: { published: { rejected: 'it is wrong' } } })
    const found = await searchKnowledge(runtime.services.postgres, {
      projectId: runtime.projectId,
      query: '"quokka protocol"',
    })
    expect(found).toEqual([])
  })

  it('can be cancelled while it waits; then nobody can answer', async () => {
    const { started, interruptId } = await untilAsked('How does the numbat protocol work?')
    const cancelled = await runtime.post(`/v1/runs/${started.run_id}/cancel`)
    expect([cancelled.status, cancelled.json.status]).toEqual([200, 'cancelled'])
    const { events } = await runtime.watch(started.run_id)
    expect(events.at(-1)?.type).toBe('cancelled')
    const late = await reply(started.run_id, interruptId, { decision: { approve: true } })
    expect(late.status).toBe(409)
    const root = async () =>
      (await spansOf(runtime.services.clickhouse, runtime.projectId, started.trace_id)).find(
        ({ parent }) => parent === '',
      )
    await expect.poll(async () => (await root())?.status).toBe('interrupted')
  })

  it('goes on when the process died between the answer and the queue', async () => {
    const { started, interruptId } = await untilAsked('How does the bilby protocol work?')
    // What a crash leaves: the decision is stored, and nothing else has happened.
    const { sql } = runtime.services.postgres
    await sql`update run_interrupts set decision = '{"approve": true}', answered_at = now() where interrupt_id = ${interruptId}`
    const { events } = await runtime.watch(started.run_id)
    expect(events.at(-1)?.data).toMatchObject({ result: { published: { path: `summaries/${started.run_id}.md` } } })
  })

  it('has no such question: 404', async () => {
    const { started } = await untilAsked('How does the dingo protocol work?')
    expect((await reply(started.run_id, 'other', { decision: true })).status).toBe(404)
    expect((await reply(started.run_id, 'other', {})).json.error).toMatchObject({ code: 'bad_input', path: 'decision' })
  })
})
