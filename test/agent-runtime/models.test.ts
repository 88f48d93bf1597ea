import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { type StandIn, startStandIn } from '../model-stand-in/server.ts'
import { spansOf } from './run-spans.ts'
import { type Runtime, runtimeEnv, startRuntime } from './runtime.ts'

const first = 'gpt-4.1-mini-2025-04-14'
const second = 'gpt-4o-mini-2024-07-18'
let runtime: Runtime
let standIn: StandIn

beforeAll(async () => {
  standIn = await startStandIn()
  runtime = await startRuntime(
    await runtimeEnv({
      OPENAI_API_KEY: 'stand-in',
      OPENAI_BASE_URL: standIn.url,
      DAVYLAMP_MODEL_FALLBACKS: `openai/${second}`,
    }),
    { agent: false },
  )
})
// Each test has a worker of its own: breakers remember.
beforeEach(async () => {
  standIn.behave({})
  standIn.requests.splice(0)
  const worker = await runtime.startWorker()
  return worker.stop
})
afterAll(() => standIn.close())

async function ask(question: string) {
  const started = await runtime.start({ question })
  const { events } = await runtime.watch(started.run_id)
  return { started, events, spans: await spansOf(runtime.services.clickhouse, runtime.projectId, started.trace_id) }
}

it('tries a rate-limited model again after the time it asked for', async () => {
  standIn.next({ status: 429, retryAfterS: 0.2 }, { status: 503 })
  const { events, spans } = await ask('Again?')
  expect(events.at(-1)?.data).toMatchObject({ served_by: 'ai' })
  expect(events.some(({ type }) => type === 'model.fallback')).toBe(false)
  const [call] = spans.filter(({ kind }) => kind === 'llm')
  const attempts = spans.filter(({ parent }) => parent === call?.id)
  expect(attempts.map(({ name, status }) => [name, status])).toEqual([
    [`attempt ${first}`, 'error'],
    [`attempt ${first}`, 'error'],
    [`attempt ${first}`, 'unset'],
  ])
  expect(attempts[0]?.message).toContain('429')
  expect(attempts.every(({ kind, inputTokens }) => kind === 'other' && inputTokens === 0)).toBe(true)
})

it('goes to the fallback when a model asks to wait too long, says so, and records which model answered', async () => {
  standIn.next({ status: 429, retryAfterS: 3600 })
  const { events, spans } = await ask('Elsewhere?')
  expect(events.find(({ type }) => type === 'model.fallback')?.data).toEqual({
    from: `openai/${first}`,
    to: `openai/${second}`,
    reason: expect.stringContaining('429'),
  })
  expect(standIn.requests.slice(0, 3).map(({ model }) => model)).toEqual([first, second, first])
  const [call, next] = spans.filter(({ kind }) => kind === 'llm')
  expect(call).toMatchObject({ name: `chat ${second}`, modelRequested: second, model: second })
  expect(next).toMatchObject({ name: `chat ${first}`, model: first })
})

it('warns when the provider answers with another model than the pinned one', async () => {
  standIn.next({ answersAs: 'gpt-4.1-mini-2026-01-01' })
  const { events, spans } = await ask('Who are you?')
  const warnings = events.flatMap(event => (event.type === 'warning' ? [event.data] : []))
  expect(warnings).toEqual([
    { code: 'model.drift', message: expect.stringContaining('gpt-4.1-mini-2026-01-01 answered') },
  ])
  expect(spans.find(({ kind }) => kind === 'llm')).toMatchObject({
    modelRequested: first,
    model: 'gpt-4.1-mini-2026-01-01',
  })
})

it('does not try again after the first token: an answer that breaks off is an error, with estimated usage', async () => {
  standIn.next({}, {}, {}, { breakAfter: 5 })
  const { events, spans, started } = await ask('How do I send traces?')
  expect(events.at(-1)).toMatchObject({ type: 'error' })
  expect(standIn.requests).toHaveLength(4)
  const run = (await runtime.get(`/v1/runs/${started.run_id}`)).json
  expect(run).toMatchObject({ status: 'error', usage: { estimated: true } })
  const broken = spans.filter(({ kind }) => kind === 'llm').at(-1)
  expect(broken).toMatchObject({ status: 'error', attributes: { 'davylamp.usage.estimated': 'true' } })
  expect(broken?.outputTokens).toBeGreaterThan(0)
  expect(broken?.output).toContain('I am a model')
  expect(spans[0]).toMatchObject({ name: 'invoke_workflow analyze', status: 'error' })
})

it.each(['none', 'zeros'] as const)('estimates the usage of a provider that tells %s, and marks it', async usage => {
  standIn.next({ usage }, { usage }, { usage }, { usage })
  const { events, spans, started } = await ask('How do I send traces?')
  const run = (await runtime.get(`/v1/runs/${started.run_id}`)).json
  expect(run).toMatchObject({ status: 'done', usage: { estimated: true } })
  const told = events.flatMap(event => (event.type === 'message.end' ? [event.data.usage] : []))
  expect(told.length).toBeGreaterThan(2)
  for (const one of told) expect(one).toMatchObject({ estimated: true })
  const calls = spans.filter(({ kind }) => kind === 'llm')
  expect(calls.map(({ inputTokens, outputTokens }) => ({ inputTokens, outputTokens })).sort(byInput)).toEqual(
    told.map(one => ({ inputTokens: one?.input_tokens, outputTokens: one?.output_tokens })).sort(byInput),
  )
  for (const { inputTokens, outputTokens, attributes } of calls) {
    expect([inputTokens > 0, outputTokens > 0]).toEqual([true, true])
    expect(attributes).toMatchObject({ 'davylamp.usage.estimated': 'true' })
  }
  expect(events.at(-1)?.data).toMatchObject({ usage: { estimated: true } })
})
const byInput = (a: { inputTokens?: number }, b: { inputTokens?: number }) =>
  (a.inputTokens ?? 0) - (b.inputTokens ?? 0)

it('refuses the request that is wrong in itself at once, on every model', async () => {
  standIn.next({ status: 400 })
  const { events } = await ask('Bad?')
  expect(events.at(-1)).toMatchObject({ type: 'error', data: { message: expect.stringContaining('400') } })
  expect(standIn.requests).toHaveLength(1)
})

it('leaves a model alone that keeps failing, and serves without it', async () => {
  standIn.behave({ status: 500 })
  const { events } = await ask('Down?')
  expect(events.at(-1)?.data).toMatchObject({ served_by: 'deterministic' })
  await ask('Down still?')
  const before = standIn.requests.length
  const { events: later } = await ask('And now?')
  expect(later.at(-1)?.data).toMatchObject({
    served_by: 'deterministic',
    served_reason: expect.stringContaining('every model is failing'),
  })
  expect(standIn.requests).toHaveLength(before)
})
