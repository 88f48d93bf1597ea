import { join } from 'node:path'
import { expect, it } from 'vitest'
import type { Reference } from '../../db/domain/run.ts'
import { runtimeEnv, startRuntime } from './runtime.ts'

async function start() {
  // No model is called: the key only lets the graph serve.
  const env = await runtimeEnv({ WORKFLOWS_DIR: join(import.meta.dirname, 'workflows'), OPENAI_API_KEY: 'none' })
  return startRuntime(env)
}

it('takes an answer for given once it is stored, and the run goes on', async () => {
  const runtime = await start()
  const { run_id } = await runtime.start({}, { workflow: 'asking' })
  const { events } = await runtime.watch(run_id, { until: event => event.type === 'interrupt' })
  const asked = events.at(-1)?.data as { interrupt_id: string }
  const { append } = runtime.services.events
  runtime.services.events.append = () => Promise.reject(new Error('the log is away'))
  const path = `/v1/runs/${run_id}/interrupts/${asked.interrupt_id}`
  const answer = await runtime.post(path, { decision: 'seven', approver: 'Ada' })
  runtime.services.events.append = append
  expect([answer.status, answer.json.decision]).toEqual([200, 'seven'])
  const told = (await runtime.watch(run_id)).events
  expect(told.at(-1)?.data).toMatchObject({ result: { told: 'seven' } })
  // Who answered what is in the log all the same.
  const answers = told.filter(({ type }) => type === 'interrupt.answered').map(({ data }) => data)
  expect(answers).toEqual([{ interrupt_id: asked.interrupt_id, decision: 'seven', approver: 'Ada' }])
  expect((await runtime.post(path, { decision: 'eight' })).status).toBe(409)
})

it('does not wait for the answer to a question that it could not tell', async () => {
  const runtime = await start()
  const { events } = runtime.services
  const { append } = events
  let refused = 0
  events.append = (writer, batch) => {
    // As long as a writer of events tries again.
    const away = batch.some(({ type }) => type === 'interrupt') && refused < 5
    if (!away) return append(writer, batch)
    refused++
    return Promise.reject(new Error('the log is away'))
  }
  const { run_id } = await runtime.start({}, { workflow: 'asking' })
  const ref = { runId: run_id, projectId: runtime.projectId }
  const asked = async () => (await events.read(ref, 0, 100)).filter(event => event.type === 'interrupt')
  await expect.poll(async () => (await asked()).length).toBe(1)
  expect(refused).toBe(5)
  const [question] = await asked()
  const interruptId = question?.data.interrupt_id
  const answer = await runtime.post(`/v1/runs/${run_id}/interrupts/${interruptId}`, { decision: 'seven' })
  expect(answer.status).toBe(200)
  const told = (await runtime.watch(run_id)).events
  expect(told.at(-1)?.data).toMatchObject({ result: { told: 'seven' } })
  expect(told.filter(({ type }) => type === 'interrupt')).toHaveLength(1)
})

it('puts no answer into the log that is larger than events are', async () => {
  const runtime = await start()
  const { run_id } = await runtime.start({}, { workflow: 'asking' })
  const { events } = await runtime.watch(run_id, { until: event => event.type === 'interrupt' })
  const asked = events.at(-1)?.data as { interrupt_id: string }
  const long = 'seven '.repeat(5_000)
  await runtime.post(`/v1/runs/${run_id}/interrupts/${asked.interrupt_id}`, { decision: long })
  const told = (await runtime.watch(run_id)).events
  const answer = told.find(({ type }) => type === 'interrupt.answered')!
  const { preview, ...facts } = (answer.data as { decision: Reference }).decision
  expect(facts).toEqual({ truncated: true, bytes: long.length, see: `/v1/runs/${run_id}` })
  expect(told.at(-1)?.data).toMatchObject({ result: { told: long } })
})
