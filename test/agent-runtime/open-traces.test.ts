import { expect, it, vi } from 'vitest'
import { SpanOutbox } from '../../agent-runtime/instrument/outbox.ts'
import { runtimeEnv, startRuntime, upTo } from './runtime.ts'

it('keeps no run in memory that has ended', async () => {
  const own = vi.spyOn(SpanOutbox.prototype, 'own')
  const disown = vi.spyOn(SpanOutbox.prototype, 'disown')
  const runtime = await startRuntime(await runtimeEnv())
  const started = await Promise.all(upTo(3).map(() => runtime.start({ question: 'What is a run?' })))
  for (const { run_id } of started) await runtime.watch(run_id)
  // Ended without its worker: upkeep writes its root.
  const { sql } = runtime.services.postgres
  const lost = 'c'.repeat(32)
  await sql`
    insert into runs (id, project_id, trace_id, workflow, workflow_version, input, status, started_at, ended_at)
    values ('run_lost', ${runtime.projectId}, ${lost}, 'analyze', '1', '{}', 'cancelled', now(), now())`
  const archived = async () => (await sql`select archived_at from runs where archived_at is null`).length
  await expect.poll(archived).toBe(0)
  await runtime.stop()
  const counts = (calls: unknown[][], trace: string) => calls.filter(([id]) => id === trace).length
  for (const trace of [lost, ...started.map(({ trace_id }) => trace_id)]) {
    expect(counts(own.mock.calls, trace)).toBeGreaterThan(0)
    expect(counts(disown.mock.calls, trace)).toBe(counts(own.mock.calls, trace))
  }
  own.mockRestore()
  disown.mockRestore()
})
