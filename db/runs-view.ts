import { z } from 'zod'
import { type RunStatus, runStatuses } from './domain/run.ts'
import type { Postgres } from './postgres.ts'

const row = z.object({
  id: z.string(),
  traceId: z.string(),
  workflow: z.string(),
  workflowVersion: z.string(),
  status: z.enum(runStatuses),
  /** The question, or the input's JSON, cut to 200 characters. */
  asked: z.string(),
  userId: z.string().nullable(),
  servedBy: z.enum(['ai', 'deterministic']).nullable(),
  servedReason: z.string().nullable(),
  arms: z.record(z.string(), z.string()),
  createdAt: z.date(),
  /** Microseconds, as a text: a Date would lose three digits that order runs of the same millisecond. */
  createdUs: z.string(),
  /** Milliseconds of work, without time paused for a human; of an open run until now; null while queued. */
  workedMs: z.coerce.number().nullable(),
})
export type RunRow = z.infer<typeof row>

export type RunRowsFilter = { projectId: string; status?: RunStatus; workflow?: string; before?: string; limit: number }

/** Runs as a list shows them, newest first. `before` is the cursor that runCursor made of the last row. */
export async function listRunRows({ sql }: Pick<Postgres, 'sql'>, filter: RunRowsFilter): Promise<RunRow[]> {
  const { projectId, status, workflow, limit } = filter
  const cursor = readCursor(filter.before)
  const rows = await sql`
    select
      id,
      trace_id as "traceId",
      workflow,
      workflow_version as "workflowVersion",
      status,
      left(coalesce(input ->> 'question', input::text), 200) as asked,
      user_id as "userId",
      served_by as "servedBy",
      served_reason as "servedReason",
      arms,
      created_at as "createdAt",
      (extract(epoch from created_at) * 1000000)::bigint::text as "createdUs",
      extract(epoch from coalesce(ended_at, now()) - started_at) * 1000 - paused_ms as "workedMs"
    from runs
    where project_id = ${projectId}
      ${status ? sql`and status = ${status}` : sql``}
      ${workflow ? sql`and workflow = ${workflow}` : sql``}
      ${cursor ? sql`and (created_at, id) < (timestamptz 'epoch' + ${cursor.us}::text::bigint * interval '1 microsecond', ${cursor.id})` : sql``}
    order by created_at desc, id desc
    limit ${limit}`
  return z.array(row).parse(rows)
}

export const runCursor = (run: Pick<RunRow, 'createdUs' | 'id'>) => `${run.createdUs}~${run.id}`

/** How many runs there are of each workflow and status, for filter menus. */
export async function runFacets({ sql }: Pick<Postgres, 'sql'>, projectId: string) {
  const rows = await sql`
    select workflow, status, count(*)::int as count
    from runs
    where project_id = ${projectId}
    group by workflow, status
    order by workflow`
  return z.array(z.object({ workflow: z.string(), status: z.enum(runStatuses), count: z.number() })).parse(rows)
}

function readCursor(text: string | undefined) {
  const [, us, id] = /^(\d{10,18})~(\S+)$/.exec(text ?? '') ?? []
  return us && id ? { us, id } : undefined
}
