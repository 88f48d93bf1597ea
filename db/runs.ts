import { and, count, desc, eq, gte, inArray, type SQL, sql } from 'drizzle-orm'
import { z } from 'zod'
import type { ClickHouse } from './clickhouse.ts'
import type { RunStatus } from './domain/run.ts'
import type { Postgres } from './postgres.ts'
import { runs } from './schema.ts'

export type Run = typeof runs.$inferSelect
export type NewRun = Pick<
  typeof runs.$inferInsert,
  | 'id'
  | 'projectId'
  | 'traceId'
  | 'rootSpanId'
  | 'workflow'
  | 'workflowVersion'
  | 'input'
  | 'userId'
  | 'sessionId'
  | 'metadata'
  | 'arms'
  | 'pinned'
  | 'idempotencyKey'
  | 'webhook'
>
/** Open runs (queued and running) that a project, and one of its users, may have. */
export type RunLimits = { maxQueuedRuns: number; maxRunsPerUser: number }
export type Created = { run: Run; existed: boolean } | { refused: 'project' | 'user'; open: number; limit: number }

type Orm = Pick<Postgres, 'orm'>

/**
 * Stores a run as queued, or answers the one that has its idempotency key, or refuses by the limits. Creations of one
 * project stand in line, so that limits and keys hold under concurrency.
 */
export function createRun({ orm }: Orm, run: NewRun, limits: RunLimits): Promise<Created> {
  return orm.transaction(async tx => {
    await tx.execute(sql`select pg_advisory_xact_lock(hashtextextended(${`runs:${run.projectId}`}, 0))`)
    if (run.idempotencyKey) {
      const same = and(eq(runs.projectId, run.projectId), eq(runs.idempotencyKey, run.idempotencyKey))
      const [known] = await tx.select().from(runs).where(same)
      if (known) return { run: known, existed: true }
    }
    const isOpen = and(eq(runs.projectId, run.projectId), inArray(runs.status, ['queued', 'running']))
    const mine = run.userId ? sql<number>`count(*) filter (where ${runs.userId} = ${run.userId})::int` : sql<number>`0`
    const [open] = await tx.select({ all: count(), mine }).from(runs).where(isOpen)
    if (open && open.all >= limits.maxQueuedRuns)
      return { refused: 'project', open: open.all, limit: limits.maxQueuedRuns }
    if (open && open.mine >= limits.maxRunsPerUser)
      return { refused: 'user', open: open.mine, limit: limits.maxRunsPerUser }
    const [row] = await tx.insert(runs).values(run).returning()
    if (!row) throw new Error(`run ${run.id} was not stored`)
    return { run: row, existed: false }
  })
}

/** The run with this idempotency key, whatever the limits. */
export async function findRunByKey({ orm }: Orm, projectId: string, idempotencyKey: string): Promise<Run | undefined> {
  const [row] = await orm
    .select()
    .from(runs)
    .where(and(eq(runs.projectId, projectId), eq(runs.idempotencyKey, idempotencyKey)))
  return row
}

/** A run of any project: the caller's right to it is checked by `projectId`. */
export async function findRun({ orm }: Orm, runId: string): Promise<Run | undefined> {
  const [row] = await orm.select().from(runs).where(eq(runs.id, runId))
  return row
}

export async function getRun(postgres: Orm, projectId: string, runId: string): Promise<Run | undefined> {
  const run = await findRun(postgres, runId)
  return run?.projectId === projectId ? run : undefined
}

/** The arm that a session's runs of a workflow have had since a moment, by the first of them. */
export async function sessionArm(
  { orm }: Orm,
  { projectId, sessionId, workflow, since }: { projectId: string; sessionId: string; workflow: string; since: Date },
): Promise<string | undefined> {
  const [row] = await orm
    .select({ arms: runs.arms })
    .from(runs)
    .where(
      and(
        eq(runs.projectId, projectId),
        eq(runs.sessionId, sessionId),
        eq(runs.workflow, workflow),
        gte(runs.createdAt, since),
      ),
    )
    .orderBy(runs.createdAt)
    .limit(1)
  return row?.arms[workflow]
}

export type RunFilter = {
  projectId: string
  status?: RunStatus
  workflow?: string
  userId?: string
  sessionId?: string
  /** `nextBefore` of the page before, or a moment as an ISO text: runs created before it. */
  before?: string
  limit?: number
}

// Microseconds, as a text: a Date would lose three digits that order runs of the same millisecond.
const createdAt = sql<string>`to_char(${runs.createdAt} at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`

/** Runs of a project, newest first, 50 unless told; `nextBefore` is `before` of the next page, null after the last. */
export async function listRuns(
  { orm }: Orm,
  { limit = 50, ...filter }: RunFilter,
): Promise<{ runs: Run[]; nextBefore: string | null }> {
  const conditions: (SQL | undefined)[] = [
    eq(runs.projectId, filter.projectId),
    filter.status && eq(runs.status, filter.status),
    filter.workflow ? eq(runs.workflow, filter.workflow) : undefined,
    filter.userId ? eq(runs.userId, filter.userId) : undefined,
    filter.sessionId ? eq(runs.sessionId, filter.sessionId) : undefined,
    filter.before ? isBefore(filter.before) : undefined,
  ]
  const rows = await orm
    .select({ run: runs, createdAt })
    .from(runs)
    .where(and(...conditions))
    .orderBy(desc(runs.createdAt), desc(runs.id))
    .limit(limit)
  const last = rows.length === limit ? rows.at(-1) : undefined
  return { runs: rows.map(({ run }) => run), nextBefore: last ? `${last.createdAt}~${last.run.id}` : null }
}

/** Runs of one microsecond are told apart by their id. */
function isBefore(cursor: string): SQL {
  const [moment, id] = cursor.split('~')
  return id
    ? sql`(${runs.createdAt}, ${runs.id}) < (${moment}::timestamptz, ${id})`
    : sql`${runs.createdAt} < ${moment}::timestamptz`
}

/** What the run's model calls cost so far, in US dollars, by its spans; null while that is not known for all of them. */
export async function runCost(clickhouse: ClickHouse, run: Pick<Run, 'projectId' | 'traceId' | 'createdAt'>) {
  const [row] = await clickhouse.query({
    sql: `
      select sum(cost_nano_usd) as nano, sum(cost_unknown) + sum(usage_unknown) as unknown, sum(llm_count) as calls
      from traces
      where project_id = {projectId:String}
        and hour >= toStartOfHour(fromUnixTimestamp64Milli({since:Int64}))
        and trace_id = {traceId:String}`,
    params: { projectId: run.projectId, traceId: run.traceId, since: run.createdAt.getTime() - 3_600_000 },
    row: z.object({ nano: z.coerce.number(), unknown: z.coerce.number(), calls: z.coerce.number() }),
  })
  return row && row.calls > 0 && row.unknown === 0 ? row.nano / 1e9 : null
}
