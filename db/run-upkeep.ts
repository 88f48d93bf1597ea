import { and, eq, isNotNull, isNull, lt, notExists, or, type SQL, sql } from 'drizzle-orm'
import type { Postgres } from './postgres.ts'
import type { Run } from './runs.ts'
import { runInterrupts, runs } from './schema.ts'

type Orm = Pick<Postgres, 'orm'>

const ago = (ms: number) => sql`now() - make_interval(secs => ${ms / 1000})`
const batch = 100

/** Queues again the runs whose worker has not been heard of for `lostAfterMs`, and answers them as they were. */
export async function reviveLostRuns({ orm }: Orm, lostAfterMs: number): Promise<Run[]> {
  return orm
    .update(runs)
    .set({
      status: 'queued',
      queuedBecause: 'worker lost',
      lostWorkers: sql`${runs.lostWorkers} + 1`,
      enqueuedAt: null,
    })
    .where(and(eq(runs.status, 'running'), lt(runs.heartbeatAt, ago(lostAfterMs))))
    .returning()
}

/**
 * Queued runs that may have no job: the process died between the row and the job, or the queue forgot. Adding a job
 * that is there already changes nothing.
 */
export function listJobless({ orm }: Orm, { freshMs, staleMs }: { freshMs: number; staleMs: number }): Promise<Run[]> {
  const never = and(isNull(runs.enqueuedAt), lt(sql`greatest(${runs.createdAt}, ${runs.heartbeatAt})`, ago(freshMs)))
  return pick(orm, and(eq(runs.status, 'queued'), or(never, lt(runs.enqueuedAt, ago(staleMs)))))
}

/** Interrupted runs all of whose questions are answered: the process died before it queued them. */
export function listAnswered({ orm }: Orm): Promise<Run[]> {
  const open = orm
    .select({ one: sql`1` })
    .from(runInterrupts)
    .where(and(eq(runInterrupts.runId, runs.id), isNull(runInterrupts.answeredAt)))
  return pick(orm, and(eq(runs.status, 'interrupted'), notExists(open)))
}

/** Ended runs whose events are not in the archive yet, some time after they ended. */
export function listUnarchived({ orm }: Orm, afterMs: number): Promise<Run[]> {
  return pick(orm, and(isNotNull(runs.endedAt), isNull(runs.archivedAt), lt(runs.endedAt, ago(afterMs))))
}

export async function markArchived({ orm }: Orm, runId: string) {
  await orm.update(runs).set({ archivedAt: sql`now()` }).where(eq(runs.id, runId))
}

/** Runs archived at least `afterMs` ago whose live events are still on Postgres. */
export async function listTrimmable({ sql: query }: Pick<Postgres, 'sql'>, afterMs: number): Promise<string[]> {
  const rows = await query`
    select h.run_id
    from run_heads h
    join runs r on r.id = h.run_id
    where h.ended and r.archived_at < now() - make_interval(secs => ${afterMs / 1000})
    limit ${batch}`
  return rows.map(row => String(row.run_id))
}

const pick = (orm: Postgres['orm'], where: SQL | undefined) =>
  orm.select().from(runs).where(where).orderBy(runs.createdAt).limit(batch)
