import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { readBudgetDay, readSpent } from '../../db/budgets.ts'
import type { RunEvent } from '../../db/domain/run.ts'
import { type ProjectSettings, updateProject } from '../../db/projects.ts'
import { type StandIn, startStandIn } from '../model-stand-in/server.ts'
import { spansOf } from './run-spans.ts'
import { type Runtime, runtimeEnv, shape, startRuntime } from './runtime.ts'
import { end, startWorker } from './worker-child.ts'

// By the seeded prices, 0.4 and 1.6 dollars a million, and 0.15 and 0.6; the longest answers are 32,768 and 16,384 tokens.
const first = 'gpt-4.1-mini-2025-04-14'
const second = 'gpt-4o-mini-2024-07-18'
const longestAnswer = { [first]: 32_768 * 1_600, [second]: 16_384 * 600 }

let standIn: StandIn
let env: Record<string, string>
let runtime: Runtime
beforeAll(async () => {
  standIn = await startStandIn()
  env = {
    OPENAI_API_KEY: 'stand-in',
    OPENAI_BASE_URL: standIn.url,
    DAVYLAMP_MODEL_FALLBACKS: `openai/${second}`,
    WORKFLOWS_DIR: join(import.meta.dirname, 'workflows-with-arms'),
  }
  runtime = await startRuntime(await runtimeEnv(env))
})
afterAll(() => standIn.close())

const quickly = { script: () => ({ text: 'Good day.' }) }
beforeEach(async () => {
  standIn.behave(quickly)
  standIn.requests.splice(0)
  await runtime.services.postgres.sql`delete from budget_days`
  await budgets({})
})

const budgets = ({ project = null, user = null }: { project?: number | null; user?: number | null }, of = runtime) =>
  updateProject(of.services.postgres, of.projectId, {
    settings: { budgetUsdPerDay: project, userBudgetUsdPerDay: user } satisfies Partial<ProjectSettings>,
  })
const spent = (userId: string | null = null, of = runtime) =>
  readSpent(of.services.postgres, { projectId: of.projectId, userId })
const day = (of = runtime) => readBudgetDay(of.services.postgres, { projectId: of.projectId, users: 5 })
const read = async (runId: string, of = runtime) => (await of.get(`/v1/runs/${runId}`)).json
const warnings = (events: RunEvent[]) => events.flatMap(event => (event.type === 'warning' ? [event.data] : []))
const spansOfRun = (traceId: string, of = runtime) => spansOf(of.services.clickhouse, of.projectId, traceId)

async function greet(userId?: string, of = runtime) {
  const started = await of.start({ name: 'Ada' }, { workflow: 'greet', ...(userId && { user_id: userId }) })
  const { events } = await of.watch(started.run_id)
  return { ...started, events }
}

const noRoom = (whose: string) =>
  `budget: what is left today for this ${whose} does not cover the most a call of openai/${first} can cost`

describe('within its budgets', () => {
  it('a run is served by the model, and settled to the cost that its trace shows', async () => {
    await budgets({ project: 0.06, user: 0.06 })
    const { run_id, events } = await greet('ada')
    expect(events.at(-1)?.data).toMatchObject({ served_by: 'ai', result: { said: ['Good day.'] } })
    const { cost_usd } = await read(run_id)
    expect(cost_usd).toBeGreaterThan(0)
    const cost = Math.round(cost_usd * 1e9)
    expect(await spent('ada')).toEqual({ project: cost, user: cost })
    expect((await day()).project.reservedNanoUsd).toBe(0)
    // The provider is held to what was reserved.
    expect(standIn.requests.at(-1)).toMatchObject({ max_tokens: 32_768 })
  })

  it('all calls of a run count, those that a tool makes too', async () => {
    standIn.behave({})
    await budgets({ project: 1 })
    const started = await runtime.start({ question: 'How do I send traces?' })
    await runtime.watch(started.run_id)
    expect(standIn.requests).toHaveLength(4)
    expect((await spent()).project).toBe(Math.round((await read(started.run_id)).cost_usd * 1e9))
  })

  it('a fallback counts by its own price, and a call that the provider refused not at all', async () => {
    await budgets({ project: 1 })
    standIn.next({ status: 429, retryAfterS: 3600 }, { latencyMs: 1_500 })
    const started = await runtime.start({ name: 'Ada' }, { workflow: 'greet' })
    await expect.poll(() => standIn.requests.length).toBe(2)
    const { project } = await day()
    expect(project.spentNanoUsd).toBe(0)
    expect(project.reservedNanoUsd).toBeGreaterThan(longestAnswer[second])
    expect(project.reservedNanoUsd).toBeLessThan(longestAnswer[second] * 1.01)
    await runtime.watch(started.run_id)
    expect((await spent()).project).toBe(Math.round((await read(started.run_id)).cost_usd * 1e9))
  })

  it('a call that is cut off is settled by what came of it', async () => {
    await budgets({ project: 1 })
    standIn.behave({ tokensPerSecond: 5, script: () => ({ text: 'one two three four five '.repeat(20) }) })
    const started = await runtime.start({ name: 'Ada' }, { workflow: 'greet' })
    let tokens = 0
    await runtime.watch(started.run_id, { until: event => event.type === 'token' && ++tokens > 2 })
    expect((await day()).project.reservedNanoUsd).toBeGreaterThan(longestAnswer[first])
    await runtime.post(`/v1/runs/${started.run_id}/cancel`)
    await expect.poll(async () => (await read(started.run_id)).status).toBe('cancelled')
    const { project } = await day()
    expect(project.reservedNanoUsd).toBe(0)
    expect(project.spentNanoUsd).toBeGreaterThan(0)
    expect(project.spentNanoUsd).toBeLessThan(longestAnswer[first] / 100)
  })
})

describe('beyond a budget', () => {
  it('a run does not begin with a model, and says why to all who ask', async () => {
    standIn.behave({ script: () => ({ text: 'word '.repeat(200) }) })
    await budgets({ project: 0.0525 })
    expect((await greet()).events.at(-1)?.data).toMatchObject({ served_by: 'ai' })
    const { run_id, trace_id, events } = await greet()

    expect(shape(events)).toEqual(['queued', 'started', 'warning', 'done'])
    expect(warnings(events)).toEqual([{ code: 'budget', message: noRoom('project') }])
    const served = { served_by: 'deterministic', served_reason: noRoom('project') }
    expect(events.find(({ type }) => type === 'started')?.data).toMatchObject(served)
    expect(events.at(-1)?.data).toMatchObject({ ...served, result: { plain: 'Hello, Ada.' } })
    expect(await read(run_id)).toMatchObject({ status: 'done', ...served })
    expect(standIn.requests).toHaveLength(1)
    const spans = await spansOfRun(trace_id)
    expect(new Set(spans.map(({ serving }) => serving))).toEqual(new Set(['deterministic']))
    expect(spans[0]?.attributes).toMatchObject({ 'davylamp.served_reason': JSON.stringify(noRoom('project')) })
    expect(spans.filter(({ kind }) => kind === 'llm')).toEqual([])
  })

  it('a call that turns out too large is not sent, and is no failure', async () => {
    await budgets({ project: (longestAnswer[first] + 1_000) / 1e9 })
    const { trace_id, events } = await greet()
    expect(shape(events)).toEqual(['queued', 'started', 'message.start', 'warning', 'message.end', 'done'])
    expect(warnings(events)).toEqual([{ code: 'budget', message: noRoom('project') }])
    expect(events.at(-1)?.data).toMatchObject({ served_by: 'deterministic', served_reason: noRoom('project') })
    expect(standIn.requests).toHaveLength(0)
    expect(await spent()).toEqual({ project: 0, user: 0 })
    const spans = await spansOfRun(trace_id)
    expect(spans[0]).toMatchObject({ serving: 'deterministic', status: 'ok' })
    expect(spans.filter(({ status }) => status === 'error')).toEqual([])
    expect(spans.some(({ name }) => name.startsWith('attempt '))).toBe(false)
  })

  it('a user is served without a model, and nobody else is', async () => {
    standIn.behave({ script: () => ({ text: 'word '.repeat(200) }) })
    await budgets({ user: 0.0525 })
    await greet('ada')
    const again = await greet('ada')
    expect(again.events.at(-1)?.data).toMatchObject({ served_by: 'deterministic', served_reason: noRoom('user') })
    for (const userId of ['bob', undefined])
      expect((await greet(userId)).events.at(-1)?.data).toMatchObject({ served_by: 'ai' })
    expect((await day()).users.map(({ userId }) => userId).sort()).toEqual(['ada', 'bob'])
  })

  it('a tool’s call is refused too, and the run told once', async () => {
    standIn.behave({})
    standIn.next({}, { latencyMs: 1_500 })
    await budgets({ project: 1 })
    const started = await runtime.start({ question: 'How do I send traces?' })
    await expect.poll(() => standIn.requests.length).toBe(2)
    await runtime.services.postgres.sql`update budget_days set nano_usd = 1e12`
    const { events } = await runtime.watch(started.run_id)
    expect(events.filter(({ type }) => type === 'tool.start').map(({ data }) => 'name' in data && data.name)).toContain(
      'draft_summary',
    )
    expect(warnings(events)).toEqual([{ code: 'budget', message: noRoom('project') }])
    expect(events.at(-1)?.data).toMatchObject({ served_by: 'deterministic', result: { answer: expect.any(String) } })
    expect(standIn.requests).toHaveLength(2)
    // The tool's failure is not told to the model, which would be asked once more.
    expect(events.filter(({ type }) => type === 'message.start')).toHaveLength(3)
    const spans = await spansOfRun(started.trace_id)
    expect(spans.filter(({ status }) => status === 'error')).toEqual([])
  })

  it('runs at one time never have more calls under way than the budget has room for', async () => {
    standIn.behave({ ...quickly, latencyMs: 2_000 })
    await budgets({ project: (longestAnswer[first] * 2.5) / 1e9 })
    const runs = await Promise.all(Array.from({ length: 6 }, (_, at) => greet(`u${at}`)))
    expect(standIn.requests).toHaveLength(2)
    const by = (served: string) =>
      runs.filter(({ events }) => JSON.stringify(events.at(-1)?.data).includes(`"${served}"`))
    expect([by('ai').length, by('deterministic').length]).toEqual([2, 4])
  })

  it('holds for the next attempt of a run that waits when the budget is set', async () => {
    const started = await runtime.start({ name: 'Ada', ask: true }, { workflow: 'greet' })
    const { events } = await runtime.watch(started.run_id, { until: event => event.type === 'interrupt' })
    const asked = events.at(-1)
    await expect.poll(async () => (await read(started.run_id)).status).toBe('interrupted')
    await budgets({ project: 0.001 })
    const id = asked?.type === 'interrupt' ? asked.data.interrupt_id : ''
    await runtime.post(`/v1/runs/${started.run_id}/interrupts/${id}`, { decision: 'yes' })
    await runtime.watch(started.run_id)
    expect(await read(started.run_id)).toMatchObject({
      served_by: 'deterministic',
      served_reason: noRoom('project'),
      result: { plain: 'Hello, Ada.' },
    })
  })
})

it('without a budget nothing is counted, and answers are as long as the provider makes them', async () => {
  expect((await greet('ada')).events.at(-1)?.data).toMatchObject({ served_by: 'ai' })
  expect(await runtime.services.postgres.sql`select from budget_days`).toHaveLength(0)
  expect(standIn.requests.at(-1)).not.toHaveProperty('max_tokens')
})

describe('a model whose price is not known', () => {
  const strange = 'openai/strange-2026-01-01'
  it('is refused where there is a budget, with what to do, and serves where there is none', async () => {
    const other = await startRuntime(await runtimeEnv({ ...env, DAVYLAMP_MODEL: strange }))
    expect((await greet('ada', other)).events.at(-1)?.data).toMatchObject({ served_by: 'ai' })
    await budgets({ project: 1_000 }, other)
    const sentence = `budget: the price of ${strange} is not known, so its calls cannot be counted: add it in Settings, Prices`
    const { events } = await greet('ada', other)
    expect(warnings(events)).toEqual([{ code: 'budget', message: sentence }])
    expect(events.at(-1)?.data).toMatchObject({ served_by: 'deterministic', served_reason: sentence })
    expect(await spent('ada', other)).toEqual({ project: 0, user: 0 })
  })
})

it('a worker removes what was spent long ago', async () => {
  const { sql } = runtime.services.postgres
  await sql`
    insert into budget_days (project_id, day, user_id, nano_usd)
    select ${runtime.projectId}, (now() at time zone 'utc')::date - ago, '', 1 from unnest(array[1, 30]) as ago`
  const worker = await runtime.startWorker()
  await expect.poll(async () => (await sql`select from budget_days`).length).toBe(1)
  await worker.stop()
})

it('a call whose worker is killed stays counted at the most it can cost, and the next attempt’s is another', async () => {
  const lost = await startRuntime(await runtimeEnv(env), { agent: false })
  await budgets({ project: 1, user: 1 }, lost)
  standIn.behave({ tokensPerSecond: 4, script: () => ({ text: 'one two three four five '.repeat(5) }) })
  const worker = await startWorker(lost.env)
  const started = await lost.start({ name: 'Ada' }, { workflow: 'greet', user_id: 'ada' })
  await lost.watch(started.run_id, { until: event => event.type === 'token' })
  await end(worker, 'SIGKILL')
  const { reservedNanoUsd: most, spentNanoUsd } = (await day(lost)).project
  expect([most > longestAnswer[first], spentNanoUsd]).toEqual([true, 0])
  standIn.behave(quickly)
  await startWorker(lost.env)
  const { events } = await lost.watch(started.run_id)
  expect(events.at(-1)).toMatchObject({ type: 'done', attempt: 2, data: { served_by: 'ai' } })
  const cost = Math.round((await read(started.run_id, lost)).cost_usd * 1e9)
  const counted = { spentNanoUsd: cost, reservedNanoUsd: most }
  expect(await day(lost)).toEqual({ project: { userId: '', ...counted }, users: [{ userId: 'ada', ...counted }] })
})
