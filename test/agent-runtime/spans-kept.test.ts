import { afterAll, expect, it } from 'vitest'
import { startIngest } from '../../ingest/server.ts'
import { spansOf } from './run-spans.ts'
import { runtimeEnv, startRuntime } from './runtime.ts'

it('ends runs while ingest is away, keeps their spans, and sends them when it is back', async () => {
  const runtime = await startRuntime(await runtimeEnv(), { ingest: false })
  const started = await runtime.start({ question: 'What is a trace?' })
  expect((await runtime.watch(started.run_id)).events.at(-1)?.type).toBe('done')
  const read = () => spansOf(runtime.services.clickhouse, runtime.projectId, started.trace_id)
  expect(await read()).toEqual([])
  const ingest = await startIngest(runtime.services)
  afterAll(() => ingest.stop())
  await expect
    .poll(async () => (await read()).map(({ name }) => name).sort(), { timeout: 40_000, interval: 250 })
    .toEqual(['execute_tool search_knowledge_base', 'extract_sentences', 'fallback analyze', 'invoke_workflow analyze'])
})
