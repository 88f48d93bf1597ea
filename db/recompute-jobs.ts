import { z } from 'zod'
import type { Postgres } from './postgres.ts'

type Store = Pick<Postgres, 'sql'>

const job = z.object({
  id: z.number(),
  projectId: z.string(),
  from: z.date(),
  to: z.date(),
  status: z.enum(['queued', 'running', 'done', 'failed']),
  stepsDone: z.number(),
  steps: z.number(),
  changed: z.number(),
  costChangeNanoUsd: z.number(),
  error: z.string(),
  createdAt: z.date(),
  endedAt: z.date().nullable(),
})
export type RecomputeJob = z.infer<typeof job>

const columns = (sql: Postgres['sql']) => sql`
  recomputes.id, recomputes.project_id as "projectId", from_at as "from", to_at as "to", status,
  steps_done as "stepsDone", steps, changed, cost_change_nano_usd as "costChangeNanoUsd", error,
  recomputes.created_at as "createdAt", ended_at as "endedAt"`

/** A job whose worker was not heard of for so long is another's to take. */
const lostAfterS = 30

/** Asks for the costs of a window to be computed again; false when the project's last such work is still under way. */
export async function queueRecompute(
  { sql }: Store,
  { projectId, userId, from, to }: { projectId: string; userId: string; from: Date; to: Date },
): Promise<boolean> {
  const made = await sql`
    insert into recomputes (project_id, from_at, to_at, created_by)
    values (${projectId}, ${from}, ${to}, ${userId})
    on conflict do nothing
    returning id`
  return made.length > 0
}

/** The oldest job that nobody is at. It is the worker's while it says so, by `noteRecompute`, every few seconds. */
export async function claimRecompute({ sql }: Store, worker: string): Promise<RecomputeJob | undefined> {
  const [row] = await sql`
    update recomputes set
      status = 'running', worker = ${worker}, heartbeat_at = now(), started_at = coalesce(started_at, now())
    where id = (
      select id
      from recomputes
      where (status = 'queued' and (heartbeat_at is null or heartbeat_at < now()))
        or (status = 'running' and heartbeat_at < now() - ${lostAfterS} * interval '1 second')
      order by created_at
      limit 1
      for update skip locked
    )
    returning ${columns(sql)}`
  return row && job.parse(row)
}

type Held = { id: number; worker: string }
type Progress = { steps?: number; stepsDone?: number; changed?: number; costChangeNanoUsd?: number }

/** Says that the worker is at it, and how far; what is given for `changed` and cost is added. False when it is lost. */
export async function noteRecompute({ sql }: Store, { id, worker }: Held, progress: Progress = {}): Promise<boolean> {
  const { steps = null, stepsDone = null, changed = 0, costChangeNanoUsd = 0 } = progress
  const held = await sql`
    update recomputes set
      heartbeat_at = now(),
      steps = coalesce(${steps}::int, steps),
      steps_done = coalesce(${stepsDone}::int, steps_done),
      changed = recomputes.changed + ${changed},
      cost_change_nano_usd = cost_change_nano_usd + ${costChangeNanoUsd},
      error = ''
    where id = ${id} and worker = ${worker} and status = 'running'
    returning id`
  return held.length > 0
}

export async function endRecompute({ sql }: Store, { id, worker }: Held): Promise<void> {
  await sql`
    update recomputes set status = 'done', ended_at = now(), steps_done = steps, error = ''
    where id = ${id} and worker = ${worker} and status = 'running'`
}

/** Gives a job back to be done later; with an error, after a while, and for good when that goes on for an hour. */
export async function giveBackRecompute({ sql }: Store, { id, worker }: Held, error = ''): Promise<void> {
  const pause = error === '' ? 0 : 15
  await sql`
    update recomputes set
      status = case when ${error} != '' and started_at < now() - interval '1 hour' then 'failed' else 'queued' end,
      ended_at = case when ${error} != '' and started_at < now() - interval '1 hour' then now() end,
      worker = null, error = ${error.slice(0, 500)}, heartbeat_at = now() + ${pause} * interval '1 second'
    where id = ${id} and worker = ${worker} and status = 'running'`
}

/** Whether the project's work before this one ended in failure: sums may then still be those of before. */
export async function failedBefore({ sql }: Store, { id, projectId }: RecomputeJob): Promise<boolean> {
  const [row] = await sql`
    select status from recomputes where project_id = ${projectId} and id < ${id} order by id desc limit 1`
  return row?.status === 'failed'
}

const shown = job.extend({ createdBy: z.string().nullable() })
export type ShownRecompute = z.infer<typeof shown>

/** A project's works of this kind, the newest first. */
export async function listRecomputes({ sql }: Store, projectId: string, limit = 5): Promise<ShownRecompute[]> {
  const rows = await sql`
    select ${columns(sql)}, users.name as "createdBy"
    from recomputes
    left join users on users.id = recomputes.created_by
    where project_id = ${projectId}
    order by recomputes.id desc
    limit ${limit}`
  return rows.map(row => shown.parse(row))
}
