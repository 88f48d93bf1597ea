import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { enqueueRun, tellQueued } from '../../agent-runtime/enqueue.ts'
import { cancel } from '../../agent-runtime/run-commands.ts'
import { cohortOf } from '../../db/domain/flags/evaluate.ts'
import { bucketOf } from '../../db/domain/flags/hash.ts'
import { createProject } from '../../db/projects.ts'
import { createRun } from '../../db/runs.ts'
import { booleanDoc, changeFlag, putFlag, workflowDoc } from '../flags/factory.ts'
import { type StandIn, startStandIn } from '../model-stand-in/server.ts'
import { spansOf } from './run-spans.ts'
import { type Runtime, runtimeEnv, startRuntime } from './runtime.ts'

let standIn: StandIn
let runtime: Runtime
let at: { postgres: Runtime['services']['postgres']; projectId: string }
beforeAll(async () => {
  standIn = await startStandIn({ script: () => ({ text: 'Good day.' }) })
  runtime = await startRuntime(
    await runtimeEnv({
      OPENAI_API_KEY: 'stand-in',
      OPENAI_BASE_URL: standIn.url,
      WORKFLOWS_DIR: join(import.meta.dirname, 'workflows-with-arms'),
    }),
  )
  at = { postgres: runtime.services.postgres, projectId: runtime.projectId }
})
afterAll(() => standIn.close())

/** Users whose arm at 5 % is known, by the salt of the tests' flags. */
const userIn = (cohort: string, share = 500) => {
  for (let n = 0; ; n++) if (cohortOf(bucketOf('s', `user-${n}`), share) === cohort) return `user-${n}`
}

/** Waits until the flag is in effect in this process. */
async function flag(fields: object) {
  const { version } = await putFlag(at, workflowDoc('greet', fields))
  await expect.poll(() => runtime.services.flags.version).toBeGreaterThanOrEqual(version)
}

async function run(input: object, more: object = {}) {
  const started = await runtime.start(input, { workflow: 'greet', ...more })
  await runtime.watch(started.run_id)
  const { json } = await runtime.get(`/v1/runs/${started.run_id}`)
  return { ...started, run: json }
}
const lastAsked = () => JSON.stringify(standIn.requests.at(-1)?.messages)

describe('an arm', () => {
  it('is the control, of the first version, where there is no flag', async () => {
    const { run: made } = await run({ name: 'Ada' })
    expect(made).toMatchObject({ arm: 'control', workflow_version: '1', result: { version: '1' } })
    expect(lastAsked()).toContain('version 1, tone cool')
  })

  it('is decided by the user’s bucket, and a canary of another version really runs it', async () => {
    await flag({ state: 'canary', share: 500, canary: { version: '2' } })
    const arms = await Promise.all(
      ['canary', 'control', 'default'].map(cohort => run({ name: 'Ada' }, { user_id: userIn(cohort) })),
    )
    expect(arms.map(({ run }) => [run.arm, run.workflow_version, run.result.version])).toEqual([
      ['canary', '2', '2'],
      ['control', '1', '1'],
      ['default', '1', '1'],
    ])
  })

  it('is stamped on every span', async () => {
    await flag({ state: 'canary', share: 500, canary: { version: '2' } })
    const { trace_id } = await run({ name: 'Ada' }, { user_id: userIn('canary') })
    const spans = await spansOf(runtime.services.clickhouse, runtime.projectId, trace_id)
    expect(spans.length).toBeGreaterThanOrEqual(4)
    expect(new Set(spans.map(({ flags }) => flags.greet))).toEqual(new Set(['canary']))
  })

  it('of a prompt, parameters and a model changes what the model is asked, and which one', async () => {
    await flag({
      state: 'canary',
      share: 500,
      canary: {
        prompts: { greeting: 'Greet like a pirate.' },
        params: { tone: 'warm' },
        model: 'openai/gpt-4o-2024-11-20',
      },
    })
    await run({ name: 'Ada' }, { user_id: userIn('canary') })
    expect(lastAsked()).toContain('Greet like a pirate.')
    expect(lastAsked()).toContain('version 1, tone warm')
    expect(standIn.requests.at(-1)?.model).toBe('gpt-4o-2024-11-20')
    await run({ name: 'Ada' }, { user_id: userIn('control') })
    expect(lastAsked()).toContain('Greet in one sentence.')
    expect(standIn.requests.at(-1)?.model).toBe('gpt-4.1-mini-2025-04-14')
  })

  it('falls back, by a model of the arm that fails, to the configured one', async () => {
    await flag({ state: 'canary', share: 10_000, canary: { model: 'openai/gpt-4o-2024-11-20' } })
    standIn.next({ status: 401 })
    const { run: made } = await run({ name: 'Ada' })
    expect(made).toMatchObject({ arm: 'canary', served_by: 'ai' })
    expect(standIn.requests.slice(-2).map(({ model }) => model)).toEqual([
      'gpt-4o-2024-11-20',
      'gpt-4.1-mini-2025-04-14',
    ])
  })

  it.each([
    ['a version that nobody has', { version: '7' }],
    ['a parameter that the workflow does not take', { params: { tone: 'loud' } }],
  ])('with %s is not pretended: control serves, outside of the comparison', async (_, canary) => {
    await flag({ state: 'canary', share: 10_000, canary })
    const { run: made } = await run({ name: 'Ada' })
    expect(made).toMatchObject({ arm: 'default', workflow_version: '1', result: { version: '1' } })
    expect(lastAsked()).toContain('tone cool')
  })

  it('with a model that has no key here is served without a model, and says so', async () => {
    await flag({ state: 'canary', share: 10_000, canary: { model: 'anthropic/claude-sonnet-4-5-20250929' } })
    const { run: made } = await run({ name: 'Ada' })
    expect(made).toMatchObject({
      served_by: 'deterministic',
      served_reason: 'no key for anthropic is configured: the arm asks for anthropic/claude-sonnet-4-5-20250929',
      result: { plain: 'Hello, Ada.' },
    })
  })

  it('is decided by metadata too, and is nobody’s without a user', async () => {
    const rules = [{ when: [{ attribute: 'plan', op: 'is', values: ['beta'] }], serve: 'canary' }]
    await flag({ state: 'canary', share: 500, canary: { version: '2' }, rules })
    const beta = await run({ name: 'Ada' }, { metadata: { plan: 'beta' } })
    expect(beta.run).toMatchObject({ arm: 'preview', workflow_version: '2' })
    expect((await run({ name: 'Ada' })).run).toMatchObject({ arm: 'default', workflow_version: '1' })
  })

  it('of another project’s flag is none of ours', async () => {
    await flag({ state: 'control' })
    const other = await createProject(at.postgres, { name: 'Other' })
    const { version } = await putFlag({ ...at, projectId: other }, workflowDoc('greet', { state: 'off' }))
    await expect.poll(() => runtime.services.flags.version).toBeGreaterThanOrEqual(version)
    expect((await run({ name: 'Ada' })).run).toMatchObject({ arm: 'control', served_by: 'ai' })
  })
})

describe('a run keeps its arm for life', () => {
  async function untilAsked(more: object) {
    const started = await runtime.start({ name: 'Ada', ask: true }, { workflow: 'greet', ...more })
    const { events } = await runtime.watch(started.run_id, { until: event => event.type === 'interrupt' })
    const asked = events.at(-1)
    if (asked?.type !== 'interrupt') throw new Error('it did not ask')
    await expect.poll(async () => (await runtime.get(`/v1/runs/${started.run_id}`)).json.status).toBe('interrupted')
    const goOn = async () => {
      await runtime.post(`/v1/runs/${started.run_id}/interrupts/${asked.data.interrupt_id}`, { decision: 'yes' })
      await runtime.watch(started.run_id)
      return (await runtime.get(`/v1/runs/${started.run_id}`)).json
    }
    return { started, goOn }
  }

  it('with the version, prompt, parameters and model it was accepted with, whatever the flag says by now', async () => {
    const canary = { version: '2', prompts: { greeting: 'Greet like a pirate.' }, model: 'openai/gpt-4o-2024-11-20' }
    await flag({ state: 'canary', share: 10_000, canary })
    const { goOn } = await untilAsked({})
    await flag({ state: 'control' })
    const made = await goOn()
    expect(made).toMatchObject({ arm: 'canary', workflow_version: '2', result: { version: '2' } })
    expect(lastAsked()).toContain('Greet like a pirate.')
    expect(standIn.requests.at(-1)?.model).toBe('gpt-4o-2024-11-20')
  })

  it('and what other flags said first, which are stamped on its spans from then on', async () => {
    await flag({ state: 'control' })
    await putFlag(at, booleanDoc('fancy'))
    await expect.poll(() => runtime.services.flags.evaluate(at.projectId, 'fancy', {}).value).toBe(true)
    const { started, goOn } = await untilAsked({})
    await changeFlag(at, 'fancy', { state: 'off' })
    await expect.poll(() => runtime.services.flags.evaluate(at.projectId, 'fancy', {}).value).toBe(false)
    const made = await goOn()
    expect(made.result.fancy).toEqual([true, true])
    expect(made.flags).toEqual({ greet: 'control', fancy: 'yes' })
    const spans = await spansOf(runtime.services.clickhouse, runtime.projectId, started.trace_id)
    const calls = spans.filter(({ name }) => name.startsWith('chat '))
    expect(calls.map(({ flags }) => flags)).toEqual([
      { greet: 'control', fancy: 'yes' },
      { greet: 'control', fancy: 'yes' },
    ])
    expect(spans.find(({ parent }) => parent === '')?.flags).toEqual({ greet: 'control', fancy: 'yes' })
  })

  it('gives the default for a flag that is not there, or of another type', async () => {
    await putFlag(at, booleanDoc('fancy', { type: 'string', variants: { yes: 'sure', no: 'nope' } }))
    await expect.poll(() => runtime.services.flags.evaluate(at.projectId, 'fancy', {}).value).toBe('sure')
    const { run: made } = await run({ name: 'Ada' })
    expect([made.result.fancy, made.flags]).toEqual([[false], { greet: 'control' }])
  })

  it('and a session keeps it for its later runs, where the flag says so', async () => {
    const session = { session_id: 'kept', user_id: userIn('control') }
    await flag({ state: 'canary', share: 500, canary: { version: '2' }, pin: 'session' })
    expect((await run({ name: 'Ada' }, session)).run.arm).toBe('control')
    // At 95 % the user's bucket is the canary's; the session stays what it was, a new one does not.
    await changeFlag(at, 'greet', { share: 9_999 })
    const { version } = await changeFlag(at, 'greet', { description: 'in effect' })
    await expect.poll(() => runtime.services.flags.version).toBeGreaterThanOrEqual(version)
    expect((await run({ name: 'Ada' }, session)).run.arm).toBe('control')
    expect((await run({ name: 'Ada' }, { ...session, session_id: 'new' })).run.arm).toBe('canary')
    // Another canary is another comparison; and nobody keeps AI when it is switched off.
    await flag({ state: 'canary', share: 9_999, canary: { model: 'openai/gpt-4o-2024-11-20' }, pin: 'session' })
    expect((await run({ name: 'Ada' }, session)).run.arm).toBe('canary')
    await flag({ state: 'off', pin: 'session' })
    expect((await run({ name: 'Ada' }, session)).run).toMatchObject({ arm: 'off', served_by: 'deterministic' })
  })
})

const accepted = async (id: string, workflowVersion: string) => {
  const run = {
    id,
    projectId: at.projectId,
    traceId: randomBytes(16).toString('hex'),
    rootSpanId: 'cd'.repeat(8),
    workflow: 'greet',
    workflowVersion,
    input: { name: 'Ada' },
    arms: { greet: 'canary' },
  }
  const created = await createRun(at.postgres, run, { maxQueuedRuns: 100, maxRunsPerUser: 100 })
  if (!('run' in created)) throw new Error('refused')
  return created.run
}

it('records no exposure for a run that never executed', async () => {
  const { services } = runtime
  const run = await accepted('run_never', '2')
  await cancel(services, run)
  const archivedAt = async () =>
    (await services.postgres.sql`select archived_at from runs where id = 'run_never'`)[0]?.archived_at
  await expect.poll(archivedAt).toBeInstanceOf(Date)
  expect(await spansOf(services.clickhouse, at.projectId, run.traceId)).toEqual([])
})

it('serves a run whose version no worker here knows without a model, instead of failing it', async () => {
  await flag({ state: 'control' })
  const run = await accepted('run_newer', '9')
  await tellQueued(runtime.services, run)
  await enqueueRun(runtime.services, { runId: run.id, projectId: run.projectId, attempt: 0 })
  const { events } = await runtime.watch(run.id)
  expect(events.at(-1)?.data).toMatchObject({
    served_by: 'deterministic',
    served_reason: 'no worker here knows version 9 of greet',
    result: { plain: 'Hello, Ada.' },
  })
})
