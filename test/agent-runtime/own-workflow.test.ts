import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type StandIn, startStandIn } from '../model-stand-in/server.ts'
import { temporaryDir } from '../setup/product.ts'
import { spansOf, treeOf } from './run-spans.ts'
import { runtimeEnv, shape, startRuntime } from './runtime.ts'

const folder = temporaryDir()
let standIn: StandIn
let env: Record<string, string>

beforeAll(async () => {
  const docs = readFileSync(join(import.meta.dirname, '../../docs/runs.md'), 'utf8')
  const example = /```js\n(export default \(\{ defineWorkflow[\s\S]*?)```/.exec(docs)?.[1] ?? ''
  writeFileSync(join(folder.path, 'shorten.mjs'), example)
  standIn = await startStandIn({ script: () => ({ text: 'It is short.' }) })
  env = { WORKFLOWS_DIR: folder.path, OPENAI_BASE_URL: standIn.url }
})
afterAll(async () => {
  await standIn.close()
  folder.remove()
})

const text = 'The first sentence is here. The second is not.'

it('runs the workflow of the documentation, with its model, events and spans', async () => {
  const runtime = await startRuntime(await runtimeEnv({ ...env, OPENAI_API_KEY: 'stand-in' }))
  const started = await runtime.start({ text }, { workflow: 'shorten' })
  const { events } = await runtime.watch(started.run_id)
  expect(shape(events)).toEqual(['queued', 'started', 'progress', 'message.start', 'token', 'message.end', 'done'])
  expect(events.at(-1)?.data).toMatchObject({ result: { sentence: 'It is short.' }, served_by: 'ai' })
  const spans = await spansOf(runtime.services.clickhouse, runtime.projectId, started.trace_id)
  expect(treeOf(spans).slice(0, 4)).toEqual([
    'invoke_workflow shorten',
    '  invoke_agent shorten',
    '    shorten',
    '      chat gpt-4.1-mini-2025-04-14',
  ])
  expect((await runtime.post('/v1/runs', { workflow: 'shorten', input: {} })).json.error.path).toBe('input.text')
})

it('runs its fallback without a key', async () => {
  const runtime = await startRuntime(await runtimeEnv(env))
  const started = await runtime.start({ text }, { workflow: 'shorten' })
  const { events } = await runtime.watch(started.run_id)
  expect(events.at(-1)?.data).toMatchObject({
    result: { sentence: 'The first sentence is here.' },
    served_by: 'deterministic',
  })
})
