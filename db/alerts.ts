import { and, desc, eq, isNull, sql } from 'drizzle-orm'
import { atRest, type Decision, type Standing } from './domain/alerts.ts'
import type { Postgres } from './postgres.ts'
import { alertStates, type Evidence, incidents, projects } from './schema.ts'

export type Incident = typeof incidents.$inferSelect

/** How a metric of a project stood at the last check. */
export async function readStanding(
  postgres: Pick<Postgres, 'orm'>,
  { projectId, metric }: { projectId: string; metric: string },
): Promise<Standing> {
  const [row] = await postgres.orm
    .select({ state: alertStates.state, hits: alertStates.hits, clears: alertStates.clears })
    .from(alertStates)
    .where(and(eq(alertStates.projectId, projectId), eq(alertStates.metric, metric)))
  return row ?? atRest
}

export type Verdict = {
  projectId: string
  metric: string
  before: Standing
  decision: Decision
  evidence: Evidence | undefined
  now: Date
}

/** Writes what a check decided, and opens or ends the incident with it, in one transaction. */
export async function recordVerdict(postgres: Pick<Postgres, 'orm'>, verdict: Verdict): Promise<void> {
  const { projectId, metric, before, decision, evidence, now } = verdict
  const { state, hits, clears, reason, severity } = decision
  const row = { projectId, metric, state, hits, clears, reason, seen: evidence ?? {}, checkedAt: now }
  const wasOpen = before.state === 'firing' || before.state === 'recovering'
  await postgres.orm.transaction(async tx => {
    await tx
      .insert(alertStates)
      .values(row)
      .onConflictDoUpdate({ target: [alertStates.projectId, alertStates.metric], set: row })
    if (!wasOpen && state === 'firing' && evidence) {
      await tx.insert(incidents).values({ projectId, metric, severity, evidence, startedAt: now }).onConflictDoNothing()
    }
    if (wasOpen && state === 'ok') {
      await tx
        .update(incidents)
        .set({ endedAt: now, endedReason: reason })
        .where(and(eq(incidents.projectId, projectId), eq(incidents.metric, metric), isNull(incidents.endedAt)))
    }
  })
}

/** The project's open incidents, newest first. */
export function listOpenIncidents(postgres: Pick<Postgres, 'orm'>, projectId: string): Promise<Incident[]> {
  return postgres.orm
    .select()
    .from(incidents)
    .where(and(eq(incidents.projectId, projectId), isNull(incidents.endedAt)))
    .orderBy(desc(incidents.startedAt))
}

export async function listProjectIds(postgres: Pick<Postgres, 'orm'>): Promise<string[]> {
  const rows = await postgres.orm.select({ id: projects.id }).from(projects)
  return rows.map(row => row.id)
}

/**
 * Runs `work` if no other process is at it, by a Postgres advisory lock that falls with the connection; answers whether
 * it ran.
 */
export async function alone(postgres: Pick<Postgres, 'orm'>, key: string, work: () => Promise<void>): Promise<boolean> {
  return postgres.orm.transaction(async tx => {
    const [row] = await tx.execute<{ mine: boolean }>(sql`select pg_try_advisory_xact_lock(hashtext(${key})) as mine`)
    if (row?.mine) await work()
    return Boolean(row?.mine)
  })
}
