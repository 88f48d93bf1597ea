import { expect, it } from 'vitest'
import { runtimeEnv, startRuntime } from './runtime.ts'

it('drops the live logs of archived runs as fast as they come, and no others', async () => {
  const runtime = await startRuntime(await runtimeEnv(), { agent: false })
  const { sql } = runtime.services.postgres
  const heads = async () => (await sql`select run_id from run_heads order by run_id`).map(row => row.run_id)
  const add = (prefix: string, count: number, archived: Date | null) => sql`
    with made as (
      insert into runs (id, project_id, trace_id, workflow, workflow_version, input, status, ended_at, archived_at)
      select ${prefix} || n, ${runtime.projectId}, ${prefix} || n, 'w', '1', '{}', 'done', now(), ${archived}
      from generate_series(1, ${count}) as n
      returning id
    ), headed as (
      insert into run_heads (run_id, seq, attempt, ended) select id, 1, 1, true from made returning run_id
    )
    select count(*) from headed`
  await add('old', 1_250, new Date(Date.now() - 2 * 3_600_000))
  await add('young', 1, new Date())
  await runtime.startWorker()
  await expect.poll(heads, { timeout: 20_000 }).toEqual(['young1'])
})
