import { and, eq, isNull, ne, or, type SQL, sql } from 'drizzle-orm'
import type { Channel } from './alert-channels.ts'
import { incidentEvents, incidents } from './alert-tables.ts'
import { type Severity, scopeFilters } from './domain/alert-rule.ts'
import type { Transition } from './domain/alerts.ts'
import type { Told } from './domain/incident.ts'
import { quietUntil } from './domain/silences.ts'
import { followersOf, receiversOf } from './incident-receivers.ts'
import { hurryMessages, type Tx, writeMessages } from './outbox.ts'
import { projects } from './schema.ts'

export type Incident = typeof incidents.$inferSelect
export type IncidentEvent = typeof incidentEvents.$inferSelect
type EventKind = Transition | 'told' | 'acknowledged' | 'acted'
type Happening = {
  kind: EventKind
  reason: string
  now: Date
  userId?: string
  who?: string
  /** It happened before, and nobody was told of it then. */
  owed?: boolean
}

/** What is told of an incident, and as what; everything else stands in its history only. */
const tells: { [kind in EventKind]?: Told['kind'] } = {
  opened: 'opened',
  reopened: 'reopened',
  escalated: 'escalated',
  told: 'opened',
  resolved: 'resolved',
  acknowledged: 'acknowledged',
}

/** Messages that come of one round of looks go together. */
const gatherMs = 20_000

/** Adds an event to an incident's history, and the messages that tell it, unless a named reason is against that. */
export async function tellIncident(tx: Tx, incident: Incident, happening: Happening): Promise<void> {
  const told = tells[happening.kind]
  if (!told) return void (await addEvent(tx, incident, happening, undefined))
  const begins = told === 'opened' || told === 'reopened' || told === 'escalated'
  const parent = begins ? await parentOf(tx, incident) : undefined
  if (begins && (parent ?? null) !== incident.parentId)
    await tx
      .update(incidents)
      .set({ parentId: parent ?? null })
      .where(eq(incidents.id, incident.id))
  if (begins && incident.scope === '' && !happening.owed) await adoptParts(tx, incident)
  if (incident.endedAt !== null) await releaseParts(tx, incident)
  const { to, untold } = await (begins ? receiversOf(tx, incident, parent, happening) : followersOf(tx, incident, told))
  // A history of looks in which it was again not told would say nothing.
  if (happening.owed && untold) return
  const n = await addEvent(tx, incident, happening, untold)
  if (untold) return
  if (to.length > 0 && isUrgent(incident.severity, told))
    await hurryMessages(tx, { incidentId: incident.id, channelIds: to.map(({ id }) => id), waitMs: gatherMs })
  await writeMessages(tx, await messagesOf(tx, { incident, n, told, to, happening }))
  if (begins)
    await tx.update(incidents).set({ told: true, toldSeverity: incident.severity }).where(eq(incidents.id, incident.id))
}

/** Adds to the history; answers the event's number. */
export async function addEvent(
  tx: Tx,
  incident: Incident,
  { kind, reason, now, userId }: Happening,
  untold: string | undefined,
): Promise<number> {
  const [row] = await tx
    .update(incidents)
    .set({ events: sql`${incidents.events} + 1` })
    .where(eq(incidents.id, incident.id))
    .returning({ n: incidents.events })
  const n = row!.n
  await tx.insert(incidentEvents).values({ incidentId: incident.id, n, kind, reason, untold, userId, at: now })
  return n
}

/**
 * The open incident that says the same of more: that of the whole project for one about a workflow, that of the week for one
 * about an hour.
 */
async function parentOf(tx: Tx, incident: Incident): Promise<number | undefined> {
  const wider = covers(asked, askedBy(incident))
  const whole = and(eq(incidents.scope, ''), ne(sql`${incident.scope}`, ''))
  const week = and(eq(incidents.scope, incident.scope), eq(incidents.lane, 'week'), eq(sql`${incident.lane}`, 'hour'))
  const [row] = await tx
    .select({ id: incidents.id })
    .from(incidents)
    .where(and(sameMetric(incident), wider, or(whole, week)))
    // What is a part itself is no parent: a list shows parts below what stands for itself.
    .orderBy(sql`${incidents.parentId} is not null`, incidents.id)
    .limit(1)
  return row?.id
}

/** Parts that fired before the whole did are shown under it from now on. */
async function adoptParts(tx: Tx, incident: Incident) {
  const narrower = covers(askedBy(incident), asked)
  await tx
    .update(incidents)
    .set({ parentId: incident.id })
    .where(and(sameMetric(incident), ne(incidents.scope, ''), narrower))
}

/** Parts that outlast the whole stand for themselves. */
async function releaseParts(tx: Tx, incident: Incident) {
  await tx
    .update(incidents)
    .set({ parentId: null })
    .where(and(eq(incidents.parentId, incident.id), isNull(incidents.endedAt)))
}

/** What an incident looked at, with what `scopeFilters` adds to its rule's filters: of one, and of each in the table. */
const askedBy = (incident: Incident) => sql`${JSON.stringify(scopeFilters(incident, incident.scope))}::jsonb`
const asked = sql`('{"serving": ["ai"]}'::jsonb || ${incidents.filters} ||
  case when ${incidents.scope} = '' then '{}'::jsonb
    else jsonb_build_object('workflow', jsonb_build_array(${incidents.scope})) end)`

/** Any value of a filter must match, and every filter: one that leaves out a filter, or takes more values, covers more. */
const covers = (wide: SQL, narrow: SQL) => sql`not exists (
  select 1 from jsonb_each(${wide}) as ask(key, takes)
  where not coalesce((${narrow} -> ask.key) <@ ask.takes, false))`

const sameMetric = ({ projectId, metric, id }: Incident) =>
  and(eq(incidents.projectId, projectId), eq(incidents.metric, metric), isNull(incidents.endedAt), ne(incidents.id, id))

type Telling = { incident: Incident; n: number; told: Told['kind']; to: Channel[]; happening: Happening }

async function messagesOf(tx: Tx, { incident, n, told, to, happening }: Telling) {
  const [project] = await tx.select({ name: projects.name }).from(projects).where(eq(projects.id, incident.projectId))
  const { id, projectId, metric, ruleName, scope, filters, lane, severity, evidence, startedAt } = incident
  const { now, reason, who } = happening
  const frozen: Told = {
    ...{
      incidentId: id,
      projectName: project?.name ?? '',
      kind: told,
      metric,
      ruleName,
      scope,
      filters,
      lane,
      severity,
      reason,
      evidence,
      who,
    },
    ...{ startedAt: startedAt.toISOString(), at: now.toISOString() },
  }
  const page = isUrgent(severity, told)
  return to.map(channel => ({
    id: `inc_${id}_${n}_${channel.id}`,
    ...{
      projectId,
      lane: channel.id,
      kind: 'incident' as const,
      channelId: channel.id,
      incidentId: id,
      event: n,
      page,
    },
    message: frozen,
    waitMs: gatherMs + (page ? 0 : quietUntil(channel.quiet, now).getTime() - now.getTime()),
  }))
}

const isUrgent = (severity: Severity, told: Told['kind']) => severity === 'page' && told !== 'resolved'
