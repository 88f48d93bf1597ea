import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { createProject } from '../../db/projects.ts'
import { cancelRun, claimRun, interruptRun, keepQuestions } from '../../db/run-attempts.ts'
import { createRun, findRun } from '../../db/runs.ts'
import { testStores } from '../setup/context.ts'
import { runtimeEnv, startRuntime } from './runtime.ts'

const { postgres } = testStores()
const served = { servedBy: 'ai' as const, usage: {} }
const questions = [{ interruptId: 'q', value: 'How many?' }]

/** A run that an attempt of the test holds, in a database without workers. */
async function heldRun() {
  const id = `run_${randomBytes(8).toString('hex')}`
  const projectId = await createProject(postgres, { name: 'Test' })
  const run = {
    id,
    projectId,
    traceId: randomBytes(16).toString('hex'),
    workflow: 'w',
    workflowVersion: '1',
    input: {},
  }
  await createRun(postgres, run, { maxQueuedRuns: 10, maxRunsPerUser: 10 })
  await claimRun(postgres, { runId: id, attempt: 0 })
  return { runId: id, attempt: 1 }
}

it('cancels a run that is being paused while it is asked for', async () => {
  const held = await heldRun()
  let cancelling: ReturnType<typeof cancelRun> | undefined
  await postgres.sql.begin(async sql => {
    await sql`update runs set status = 'interrupted' where id = ${held.runId}`
    cancelling = cancelRun(postgres, held.runId)
    const waiting = () => postgres.sql`
      select 1 from pg_stat_activity
      where datname = current_database() and wait_event_type = 'Lock' and query ilike '%"runs"%'`
    await expect.poll(async () => (await waiting()).length).toBeGreaterThan(0)
  })
  expect(await cancelling).toMatchObject({ status: 'cancelled', attempt: 2 })
})

it('does not pause a run whose cancel was asked for', async () => {
  const held = await heldRun()
  expect(await cancelRun(postgres, held.runId)).toMatchObject({ status: 'running' })
  expect(await keepQuestions(postgres, held, questions)).toBe(false)
  expect(await interruptRun(postgres, held, served)).toBe(false)
  expect(await findRun(postgres, held.runId)).toMatchObject({ status: 'running', attempt: 1 })
})

it('ends a run that was to ask when its cancel came too late for its worker to hear', async () => {
  // No model is called: the key only lets the graph serve.
  const env = await runtimeEnv({ WORKFLOWS_DIR: join(import.meta.dirname, 'workflows'), OPENAI_API_KEY: 'none' })
  const runtime = await startRuntime(env)
  const { run_id } = await runtime.start({ late: true }, { workflow: 'asking' })
  const { events } = await runtime.watch(run_id, { until: ({ type }) => type === 'interrupt' })
  expect(events.map(({ type }) => type)).toEqual(['queued', 'started', 'progress', 'cancelled'])
  expect((await runtime.get(`/v1/runs/${run_id}`)).json).toMatchObject({ status: 'cancelled', interrupts: [] })
})
