import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { runtimeEnv, startRuntime } from './runtime.ts'

describe.each([
  // No model is called: the key only lets the graph serve.
  ['with a model', { OPENAI_API_KEY: 'none' }],
  ['by the deterministic path', {}],
] as const)('a workflow of one’s own, %s', (_, more) => {
  it('fails at once, by its own error, also outside of its steps', async () => {
    const runtime = await startRuntime(
      await runtimeEnv({ WORKFLOWS_DIR: join(import.meta.dirname, 'workflows'), ...more }),
    )
    for (const [user, message] of [
      ['tools', 'the toolbox is empty'],
      ['ada', 'its result is not JSON: Do not know how to serialize a BigInt'],
    ]) {
      const { run_id } = await runtime.start({}, { workflow: 'faulty', user_id: user })
      const { events } = await runtime.watch(run_id)
      expect(events.at(-1)).toMatchObject({ type: 'error', attempt: 1, data: { message } })
    }
  })
})
