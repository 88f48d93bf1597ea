import { and, asc, count, desc, eq, isNull, lt, sql } from 'drizzle-orm'
import { alertChannels, incidentEvents, incidents, outbox } from './alert-tables.ts'
import { type Incident, tellIncident } from './incident-events.ts'
import type { Postgres } from './postgres.ts'
import { users } from './schema.ts'

type Orm = Pick<Postgres, 'orm'>

export type { Incident } from './incident-events.ts'

/** The project's open incidents: pages first, then those of the whole project, then the newest. */
export function listOpenIncidents({ orm }: Orm, projectId: string): Promise<Incident[]> {
  return orm
    .select()
    .from(incidents)
    .where(and(eq(incidents.projectId, projectId), isNull(incidents.endedAt)))
    .orderBy(asc(incidents.severity), asc(sql`${incidents.scope} <> ''`), desc(incidents.startedAt))
}

/** Open incidents that stand for themselves: what a badge counts. */
export async function countFiring({ orm }: Orm, projectId: string): Promise<number> {
  const [row] = await orm
    .select({ n: count() })
    .from(incidents)
    .where(and(eq(incidents.projectId, projectId), isNull(incidents.endedAt), isNull(incidents.parentId)))
  return row?.n ?? 0
}

/** Incidents that are over, newest first. */
export function listEndedIncidents(
  { orm }: Orm,
  projectId: string,
  { before, limit = 50 }: { before?: number; limit?: number } = {},
) {
  return orm
    .select()
    .from(incidents)
    .where(
      and(
        eq(incidents.projectId, projectId),
        sql`${incidents.endedAt} is not null`,
        before ? lt(incidents.id, before) : undefined,
      ),
    )
    .orderBy(desc(incidents.id))
    .limit(limit)
}

export async function getIncident({ orm }: Orm, projectId: string, id: number): Promise<Incident | undefined> {
  const [row] = await orm
    .select()
    .from(incidents)
    .where(and(eq(incidents.projectId, projectId), eq(incidents.id, id)))
  return row
}

export function listParts({ orm }: Orm, projectId: string, parentId: number): Promise<Incident[]> {
  return orm
    .select()
    .from(incidents)
    .where(and(eq(incidents.projectId, projectId), eq(incidents.parentId, parentId)))
    .orderBy(desc(incidents.id))
}

export function listEvents({ orm }: Orm, incidentId: number) {
  return orm
    .select({
      n: incidentEvents.n,
      kind: incidentEvents.kind,
      reason: incidentEvents.reason,
      untold: incidentEvents.untold,
      at: incidentEvents.at,
      who: users.name,
    })
    .from(incidentEvents)
    .leftJoin(users, eq(users.id, incidentEvents.userId))
    .where(eq(incidentEvents.incidentId, incidentId))
    .orderBy(asc(incidentEvents.n))
}

/** The messages about an incident and what became of them. */
export function listNotifications({ orm }: Orm, incidentId: number) {
  return orm
    .select({
      id: outbox.id,
      channel: alertChannels.name,
      channelKind: alertChannels.kind,
      event: outbox.event,
      kind: sql<string>`${outbox.message} ->> 'kind'`,
      status: outbox.status,
      attempts: outbox.attempts,
      error: outbox.error,
      digest: outbox.digest,
      dueAt: outbox.dueAt,
      doneAt: outbox.doneAt,
    })
    .from(outbox)
    .innerJoin(alertChannels, eq(alertChannels.id, outbox.channelId))
    .where(eq(outbox.incidentId, incidentId))
    .orderBy(asc(outbox.event), asc(alertChannels.name))
}

type Person = { id: string; name: string }

/** Says that somebody is at it; false when it is over, or was acknowledged before. */
export function acknowledge(
  { orm }: Orm,
  { projectId, id }: { projectId: string; id: number },
  person: Person,
  now: Date,
): Promise<boolean> {
  return orm.transaction(async tx => {
    const [row] = await tx
      .update(incidents)
      .set({ acknowledgedAt: now, acknowledgedBy: person.id })
      .where(
        and(
          eq(incidents.projectId, projectId),
          eq(incidents.id, id),
          isNull(incidents.endedAt),
          isNull(incidents.acknowledgedAt),
        ),
      )
      .returning()
    if (!row) return false
    const reason = `${person.name} is looking into it`
    await tellIncident(tx, row, { kind: 'acknowledged', reason, now, userId: person.id, who: person.name })
    return true
  })
}

/** Notes in an incident's history what somebody did about it. */
export function noteAct({ orm }: Orm, incident: Incident, person: Person, reason: string, now: Date): Promise<void> {
  return orm.transaction(tx => tellIncident(tx, incident, { kind: 'acted', reason, now, userId: person.id }))
}
