import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { type Runtime, runtimeEnv, startRuntime } from './runtime.ts'

let withModel: Runtime
let without: Runtime
beforeAll(async () => {
  const folder = { WORKFLOWS_DIR: join(import.meta.dirname, 'workflows') }
  // No model is called: the key only lets the graph serve.
  withModel = await startRuntime(await runtimeEnv({ ...folder, OPENAI_API_KEY: 'none' }))
  without = await startRuntime(await runtimeEnv(folder))
})

describe.each(['42', 'true', 'null', '{"approve":true}', '"quoted"'])('the text %j, which reads like JSON', text => {
  it('is a text as input and as result', async () => {
    const { run_id } = await without.start(text, { workflow: 'echo' })
    expect((await without.watch(run_id)).events.at(-1)?.data).toMatchObject({ result: text })
    expect((await without.get(`/v1/runs/${run_id}`)).json).toMatchObject({ input: text, result: text })
  })

  it('is a text as decision', async () => {
    const { run_id } = await withModel.start({}, { workflow: 'asking' })
    const { events } = await withModel.watch(run_id, { until: event => event.type === 'interrupt' })
    const asked = events.at(-1)?.data as { interrupt_id: string }
    const answer = await withModel.post(`/v1/runs/${run_id}/interrupts/${asked.interrupt_id}`, { decision: text })
    expect(answer.json.decision).toBe(text)
    expect((await withModel.watch(run_id)).events.at(-1)?.data).toMatchObject({ result: { told: text } })
  })
})

it('a question without a value is asked, and answered like any other', async () => {
  const { run_id } = await withModel.start({ silent: true }, { workflow: 'asking' })
  const { events } = await withModel.watch(run_id, { until: event => event.type === 'interrupt' })
  const asked = events.at(-1)?.data as { interrupt_id: string; value: unknown }
  expect(asked.value).toBeNull()
  const answer = await withModel.post(`/v1/runs/${run_id}/interrupts/${asked.interrupt_id}`, { decision: 'yes' })
  expect(answer.json).toMatchObject({ value: null, decision: 'yes' })
  expect((await withModel.watch(run_id)).events.at(-1)?.data).toMatchObject({ result: { told: 'yes' } })
})
