import { afterAll, beforeAll, expect, it } from 'vitest'
import { enqueueRun, tellQueued } from '../../agent-runtime/enqueue.ts'
import { createRun } from '../../db/runs.ts'
import { type StandIn, startStandIn } from '../model-stand-in/server.ts'
import { spansOf } from './run-spans.ts'
import { type Runtime, runtimeEnv, seqs, shape, startRuntime, upTo } from './runtime.ts'

let keyless: Runtime
let keyed: Runtime
let standIn: StandIn

beforeAll(async () => {
  standIn = await startStandIn()
  keyless = await startRuntime(await runtimeEnv())
  keyed = await startRuntime(await runtimeEnv({ OPENAI_API_KEY: 'stand-in', OPENAI_BASE_URL: standIn.url }))
})
afterAll(() => standIn.close())

it('answers from the documents without any model key, says so, and marks every span', async () => {
  const started = await keyless.start({ question: 'What happens when a worker dies?' })
  const { events } = await keyless.watch(started.run_id)
  expect(seqs(events)).toEqual(upTo(events.length))
  expect(shape(events)).toEqual([
    'queued',
    'started',
    'tool.start',
    'progress',
    'progress',
    'tool.end',
    'progress',
    'done',
  ])
  const end = events.at(-1)
  expect(end?.data).toMatchObject({
    served_by: 'deterministic',
    served_reason: 'no model key is configured for openai/gpt-4.1-mini-2025-04-14',
  })
  const { answer, sources } =
    end?.type === 'done'
      ? (end.data.result as { answer: string; sources: { path: string }[] })
      : { answer: '', sources: [] }
  expect(answer).toContain('When a process is killed, another takes the run up from its last step')
  expect(sources.map(({ path }) => path)).toContain('docs/runs.md')

  const run = (await keyless.get(`/v1/runs/${started.run_id}`)).json
  expect(run).toMatchObject({ status: 'done', served_by: 'deterministic', usage: { calls: 0 }, cost_usd: null })
  const spans = await spansOf(keyless.services.clickhouse, keyless.projectId, started.trace_id)
  expect(spans.map(({ name }) => name)).toEqual([
    'invoke_workflow analyze',
    'fallback analyze',
    'execute_tool search_knowledge_base',
    'extract_sentences',
  ])
  for (const span of spans) expect(span.serving).toBe('deterministic')
})

it('says that nothing matches, when nothing does', async () => {
  const started = await keyless.start({ question: 'zxqv wvutq' })
  const end = (await keyless.watch(started.run_id)).events.at(-1)
  expect(end?.data).toMatchObject({ result: { answer: expect.stringContaining('nothing that matches'), sources: [] } })
})

it('serves the deterministic path when no model answers, in the same run', async () => {
  standIn.behave({ status: 401 })
  const started = await keyed.start({ question: 'What is an arm?' })
  const { events } = await keyed.watch(started.run_id)
  standIn.behave({})
  expect(events.find(({ type }) => type === 'warning')?.data).toMatchObject({
    code: 'models.unavailable',
    message: expect.stringContaining('401'),
  })
  expect(events.at(-1)?.data).toMatchObject({
    served_by: 'deterministic',
    served_reason: expect.stringContaining('no model answered'),
  })
  const [root] = await spansOf(keyed.services.clickhouse, keyed.projectId, started.trace_id)
  expect(root).toMatchObject({ serving: 'deterministic', status: 'ok' })
})

it('serves it when the run was given the arm that switches AI off', async () => {
  const { services, projectId } = keyed
  const requests = standIn.requests.length
  const created = await createRun(
    services.postgres,
    {
      id: 'run_off',
      projectId,
      traceId: 'ab'.repeat(16),
      rootSpanId: 'cd'.repeat(8),
      workflow: 'analyze',
      workflowVersion: '1',
      input: { question: 'What is a flag?', publish: false },
      arms: { analyze: 'off' },
    },
    { maxQueuedRuns: 10, maxRunsPerUser: 10 },
  )
  if (!('run' in created)) throw new Error('refused')
  await tellQueued(services, created.run)
  await enqueueRun(services, { runId: 'run_off', projectId, attempt: 0 })
  const { events } = await keyed.watch('run_off')
  expect(events.at(-1)?.data).toMatchObject({
    served_by: 'deterministic',
    served_reason: 'AI was switched off for analyze when the run was accepted',
  })
  expect(standIn.requests).toHaveLength(requests)
})
