import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { RunEvent } from '../../db/domain/run.ts'
import { readEffect } from '../../db/flag-processes.ts'
import { changeFlag, putFlag, switchAi, workflowDoc } from '../flags/factory.ts'
import { type StandIn, startStandIn } from '../model-stand-in/server.ts'
import { spansOf } from './run-spans.ts'
import { type Runtime, runtimeEnv, shape, startRuntime } from './runtime.ts'

const slowly = {
  tokensPerSecond: 3,
  script: () => ({ text: 'one two three four five six seven eight nine ten'.repeat(2) }),
}
const quickly = { script: () => ({ text: 'Good day.' }) }

let standIn: StandIn
let env: Record<string, string>
let runtime: Runtime
let at: { postgres: Runtime['services']['postgres']; projectId: string }
beforeAll(async () => {
  standIn = await startStandIn()
  env = {
    OPENAI_API_KEY: 'stand-in',
    OPENAI_BASE_URL: standIn.url,
    WORKFLOWS_DIR: join(import.meta.dirname, 'workflows-with-arms'),
  }
  runtime = await startRuntime(await runtimeEnv(env))
  at = { postgres: runtime.services.postgres, projectId: runtime.projectId }
})
afterAll(() => standIn.close())
beforeEach(async () => {
  standIn.behave(quickly)
  await inEffect(await putFlag(at, workflowDoc('greet')))
  await inEffect(await switchAi(at, { off: false }))
})

const inEffect = ({ version }: { version: number }) =>
  expect.poll(() => runtime.services.flags.version).toBeGreaterThanOrEqual(version)

/** A run that is in the middle of a slow answer; `ended` is all its events. */
async function streaming() {
  standIn.behave(slowly)
  const started = await runtime.start({ name: 'Ada' }, { workflow: 'greet' })
  const { events } = await runtime.watch(started.run_id, { until: event => event.type === 'token' })
  const ended = () => runtime.watch(started.run_id, { after: String(events.length) }).then(({ events }) => events)
  return { ...started, ended }
}
const read = async (runId: string) => (await runtime.get(`/v1/runs/${runId}`)).json
const warning = (events: RunEvent[]) => events.find(event => event.type === 'warning')?.data

describe('off, to stop at once', () => {
  it('ends the model call of a run that streams and serves the same run without a model', async () => {
    const run = await streaming()
    const requests = standIn.requests.length
    const { version } = await changeFlag(at, 'greet', { state: 'off', whenOff: 'stop' })
    const events = await run.ended()

    expect(shape(events.filter(({ type }) => type !== 'token'))).toEqual([
      'message.end',
      'warning',
      'attempt.reset',
      'done',
    ])
    expect(warning(events)).toEqual({ code: 'ai.off', message: 'AI is switched off for greet' })
    const message = events.find(event => event.type === 'message.end')
    const reset = events.find(event => event.type === 'attempt.reset')
    expect(reset?.data.message_ids).toEqual([message?.data.message_id])
    expect(events.at(-1)?.data).toMatchObject({
      served_by: 'deterministic',
      served_reason: 'AI is switched off for greet',
      result: { plain: 'Hello, Ada.' },
    })
    expect(standIn.requests).toHaveLength(requests)
    // What it was accepted with and had begun is what it was exposed to.
    expect(await read(run.run_id)).toMatchObject({ arm: 'control', status: 'done' })
    await expect.poll(async () => (await readEffect(at.postgres, version)).runs).toBe(1)
  })

  it('is no failure in the trace, and what the cut call used is estimated', async () => {
    const run = await streaming()
    await changeFlag(at, 'greet', { state: 'off', whenOff: 'stop' })
    await run.ended()
    const spans = await spansOf(runtime.services.clickhouse, runtime.projectId, run.trace_id)
    expect(spans.filter(({ status }) => status === 'error').map(({ name }) => name)).toEqual([])
    const call = spans.find(({ name }) => name.startsWith('chat '))
    expect(call).toMatchObject({ status: 'interrupted', attributes: { 'davylamp.usage.estimated': 'true' } })
    expect(call?.inputTokens).toBeGreaterThan(0)
    expect(spans.find(({ parent }) => parent === '')).toMatchObject({ serving: 'deterministic', status: 'ok' })
    expect(spans.map(({ name }) => name)).toContain('fallback greet')
  })

  it.each([
    ['the project', () => switchAi(at, { off: true, reason: 'costs' }), 'AI is switched off for this project: costs'],
    [
      'the whole installation',
      () => switchAi({ ...at, projectId: null }, { off: true }),
      'AI is switched off for the whole installation',
    ],
  ])('for %s stops it too', async (_, off, reason) => {
    const run = await streaming()
    await off()
    const events = await run.ended()
    expect(warning(events)).toMatchObject({ code: 'ai.off', message: reason })
    expect(events.at(-1)?.data).toMatchObject({ served_by: 'deterministic', served_reason: reason })
    await inEffect(await switchAi({ ...at, projectId: null }, { off: false }))
  })

  it('by a rule stops those whom the rule meets, and no others', async () => {
    const [met, other] = [await streaming(), await streaming()]
    const rules = [{ when: [{ attribute: 'targetingKey', op: 'is', values: ['ada'] }], serve: 'off' }]
    standIn.behave(slowly)
    const ada = await runtime.start({ name: 'Ada' }, { workflow: 'greet', user_id: 'ada' })
    await runtime.watch(ada.run_id, { until: event => event.type === 'token' })
    await inEffect(await changeFlag(at, 'greet', { rules }))
    const { events } = await runtime.watch(ada.run_id)
    expect(events.at(-1)?.data).toMatchObject({ served_by: 'deterministic' })
    expect([(await read(met.run_id)).status, (await read(other.run_id)).status]).toEqual(['running', 'running'])
    for (const { run_id } of [met, other]) await runtime.post(`/v1/runs/${run_id}/cancel`)
  })
})

describe('off, letting runs finish', () => {
  it('lets a run that has begun end with its model, and serves what begins from now on without', async () => {
    standIn.behave({ ...slowly, tokensPerSecond: 20 })
    const run = await streaming()
    standIn.behave({ ...quickly })
    const { version } = await changeFlag(at, 'greet', { state: 'off', whenOff: 'finish' })
    await inEffect({ version })
    const later = await runtime.start({ name: 'Bob' }, { workflow: 'greet' })
    const { events } = await runtime.watch(later.run_id)
    expect(events.at(-1)?.data).toMatchObject({
      served_by: 'deterministic',
      served_reason: expect.stringMatching(/off/),
    })
    expect(await read(later.run_id)).toMatchObject({ arm: 'off' })
    const ended = await run.ended()
    expect(ended.at(-1)?.data).toMatchObject({ served_by: 'ai' })
    expect((await readEffect(at.postgres, version)).runs).toBe(0)
  })
})

it('a run that had not begun when AI was switched off is served without a model, and was never exposed to its arm', async () => {
  const late = await startRuntime({ ...(await runtimeEnv()), ...env }, { agent: false })
  const there = { postgres: late.services.postgres, projectId: late.projectId }
  const canary = workflowDoc('greet', { state: 'canary', share: 10_000, canary: { version: '2' } })
  expect(await late.services.flags.reach((await putFlag(there, canary)).version, 5_000)).toBe(true)
  const started = await late.start({ name: 'Ada' }, { workflow: 'greet' })
  expect((await late.get(`/v1/runs/${started.run_id}`)).json.arm).toBe('canary')
  const { version } = await changeFlag(there, 'greet', { state: 'off' })
  expect(await late.services.flags.reach(version, 5_000)).toBe(true)
  await late.startWorker()
  await late.watch(started.run_id)
  expect((await late.get(`/v1/runs/${started.run_id}`)).json).toMatchObject({ arm: 'off', served_by: 'deterministic' })
  const spans = await spansOf(late.services.clickhouse, late.projectId, started.trace_id)
  expect(new Set(spans.map(({ flags }) => flags.greet))).toEqual(new Set(['off']))
})

it('a run that waits for a person while AI is switched off goes on without a model when it needs one', async () => {
  const started = await runtime.start({ name: 'Ada', ask: true }, { workflow: 'greet' })
  const { events } = await runtime.watch(started.run_id, { until: event => event.type === 'interrupt' })
  const asked = events.at(-1)
  await expect.poll(async () => (await read(started.run_id)).status).toBe('interrupted')
  await inEffect(await changeFlag(at, 'greet', { state: 'off', whenOff: 'stop' }))
  const requests = standIn.requests.length
  const id = asked?.type === 'interrupt' ? asked.data.interrupt_id : ''
  await runtime.post(`/v1/runs/${started.run_id}/interrupts/${id}`, { decision: 'yes' })
  await runtime.watch(started.run_id)
  expect(await read(started.run_id)).toMatchObject({ served_by: 'deterministic', result: { plain: 'Hello, Ada.' } })
  expect(standIn.requests).toHaveLength(requests)
})

it('control again serves the model again', async () => {
  await inEffect(await changeFlag(at, 'greet', { state: 'off' }))
  await inEffect(await changeFlag(at, 'greet', { state: 'control' }))
  const started = await runtime.start({ name: 'Ada' }, { workflow: 'greet' })
  const { events } = await runtime.watch(started.run_id)
  expect(events.at(-1)?.data).toMatchObject({ served_by: 'ai', result: { said: ['Good day.'] } })
})
