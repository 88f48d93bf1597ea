import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { type RuntimeEnv, runtimeEnv, seqs, startRuntime, upTo } from './runtime.ts'

const start = async (more: RuntimeEnv) =>
  startRuntime(await runtimeEnv({ WORKFLOWS_DIR: join(import.meta.dirname, 'workflows'), ...more }))

describe('what tools and workflows said that Postgres does not take as it is', () => {
  it('ends the run as any other, with U+FFFD in its place', async () => {
    // No model is called: the key only lets the graph serve.
    const runtime = await start({ OPENAI_API_KEY: 'none' })
    const { run_id } = await runtime.start({}, { workflow: 'odd' })
    const { events } = await runtime.watch(run_id)
    expect(seqs(events)).toEqual(upTo(events.length))
    expect(events.flatMap(event => (event.type === 'progress' ? [event.data.text] : []))).toEqual(['Read a\ufffdb'])
    const read = events.find(event => event.type === 'tool.end')
    const preview = `\ufffd${'🜂'.repeat(1_023)}\ufffd`
    expect(read?.data).toMatchObject({ result: { truncated: true, preview } })
    const result = { text: 'a\ufffdb', half: '\ufffd', 'key\ufffd': '\\u0000' }
    expect(events.at(-1)).toMatchObject({ type: 'done', attempt: 1, data: { result } })
    expect((await runtime.get(`/v1/runs/${run_id}`)).json).toMatchObject({ status: 'done', attempt: 1, result })

    const failed = await runtime.start({ fail: true }, { workflow: 'odd' })
    expect((await runtime.watch(failed.run_id)).events.at(-1)).toMatchObject({ type: 'error', attempt: 1 })
    expect((await runtime.get(`/v1/runs/${failed.run_id}`)).json).toMatchObject({
      status: 'error',
      error: 'cannot read a\ufffdb',
    })
  })

  it('does so by the deterministic path', async () => {
    const runtime = await start({})
    const { run_id } = await runtime.start({}, { workflow: 'odd' })
    const { events } = await runtime.watch(run_id)
    expect(events.at(-1)).toMatchObject({ type: 'done', attempt: 1, data: { result: { text: 'a\ufffdb' } } })
  })
})
