import { and, eq, isNull, sql } from 'drizzle-orm'
import type { StoredRule } from './alert-rules.ts'
import { alertStates, incidents } from './alert-tables.ts'
import type { Lane } from './domain/alert-rule.ts'
import { atRest, type Decision, type Standing } from './domain/alerts.ts'
import type { Evidence } from './domain/incident.ts'
import { type Incident, tellIncident } from './incident-events.ts'
import type { Tx } from './outbox.ts'
import type { Postgres } from './postgres.ts'
import { projects } from './schema.ts'

type Orm = Pick<Postgres, 'orm'>

/** What is looked at: a rule, the workflow it stands for ('' for the project), and by which lane. */
export type Subject = { rule: StoredRule; scope: string; lane: Lane }
export type Standings = Map<string, Stood>
export type Stood = Standing & { ruleId: string; scope: string; lookedTo: Date; reason: string; checkedAt: Date }

export const standingKey = ({ rule, scope, lane }: { rule: { id: string }; scope: string; lane: Lane }) =>
  [rule.id, lane, scope].join('\n')

/** How all rules of a project stood at their last look. */
export async function readStandings({ orm }: Orm, projectId: string): Promise<Standings> {
  const rows = await orm.select().from(alertStates).where(eq(alertStates.projectId, projectId))
  return new Map(rows.map(row => [standingKey({ rule: { id: row.ruleId }, scope: row.scope, lane: row.lane }), row]))
}

export type Look = Subject & {
  /** The standing that the decision was made from; undefined at the first look. */
  before: Pick<Stood, keyof Standing | 'lookedTo'> | undefined
  decision: Decision
  /** End of the window that was looked at. */
  lookedTo: Date
  /** The numbers of this look; empty where none could be computed. */
  seen: Partial<Evidence>
  /** All that is known, when the incident begins, comes back or becomes a page. */
  evidence?: Evidence
  now: Date
}

/**
 * Writes what a look decided, with the incident it opens, changes or ends and the messages that tell it, in one
 * transaction. False when another worker was quicker: then nothing is written.
 */
export function recordLook({ orm }: Orm, look: Look): Promise<boolean> {
  return orm.transaction(async tx => {
    if (!(await takeStanding(tx, look))) return false
    const { transition, reason } = look.decision
    const incident = transition ? await applyTransition(tx, look) : await openIncident(tx, look)
    if (!incident) return true
    if (transition) await tellIncident(tx, incident, { kind: transition, reason, now: look.now })
    else if (incident.state === 'firing') await tellOwed(tx, incident, look)
    return true
  })
}

/**
 * What was silenced, or part of something larger, when it began or became a page is told once that is over and it lasts, to
 * whom it was not told yet.
 */
async function tellOwed(tx: Tx, incident: Incident, { decision: { reason }, now }: Look) {
  const grew = incident.told && incident.severity === 'page' && incident.toldSeverity === 'warning'
  const kind = grew ? 'escalated' : 'told'
  await tellIncident(tx, incident, { kind, reason: `still firing: ${reason}`, now, owed: true })
}

/** Locks the standing, and takes it on when it is still the one that the decision was made from. */
async function takeStanding(tx: Tx, look: Look): Promise<boolean> {
  const { rule, scope, lane, before, decision, lookedTo, seen, now } = look
  const { projectId } = rule
  const never = new Date(0)
  const key = { ruleId: rule.id, scope, lane }
  const first = { ...atRest(now), ...key, projectId, lookedTo: never, reason: '', seen: {}, checkedAt: now }
  await tx.insert(alertStates).values(first).onConflictDoNothing()
  const mine = and(eq(alertStates.ruleId, rule.id), eq(alertStates.scope, scope), eq(alertStates.lane, lane))
  const [row] = await tx.select({ lookedTo: alertStates.lookedTo }).from(alertStates).where(mine).for('update')
  if (!row || row.lookedTo.getTime() !== (before?.lookedTo ?? never).getTime() || row.lookedTo >= lookedTo) return false
  const { transition: _, ...standing } = decision
  await tx
    .update(alertStates)
    .set({ ...standing, lookedTo, seen, checkedAt: now })
    .where(mine)
  return true
}

async function openIncident(tx: Tx, { rule, scope, lane }: Subject): Promise<Incident | undefined> {
  const mine = and(eq(incidents.ruleId, rule.id), eq(incidents.scope, scope), eq(incidents.lane, lane))
  const [row] = await tx
    .select()
    .from(incidents)
    .where(and(mine, isNull(incidents.endedAt)))
    .for('update')
  return row
}

async function applyTransition(tx: Tx, look: Look): Promise<Incident | undefined> {
  const { rule, scope, lane, decision, evidence, now } = look
  const { transition, reason, severity, state } = decision
  if (transition === 'opened' || transition === 'reopened') {
    if (!evidence) throw new Error(`rule ${rule.id} fired without evidence`)
    const again = transition === 'reopened' ? await reopen(tx, look, evidence) : undefined
    if (again) return again
    const { projectId, name: ruleName, metric, filters, channels } = rule
    const fields = {
      projectId,
      ruleId: rule.id,
      ruleName,
      metric,
      filters,
      channels,
      scope,
      lane,
      severity,
      evidence,
      startedAt: now,
    }
    const [made] = await tx
      .insert(incidents)
      .values({ ...fields, state: 'firing' })
      .returning()
    return made
  }
  const open = await openIncident(tx, look)
  if (!open) return undefined
  const ended = transition === 'resolved' ? { endedAt: now, endedReason: reason } : {}
  const set = {
    state: state === 'ok' || state === 'pending' ? open.state : state,
    severity,
    ...ended,
    ...(evidence && { evidence }),
  }
  const [changed] = await tx.update(incidents).set(set).where(eq(incidents.id, open.id)).returning()
  return changed
}

async function reopen(
  tx: Tx,
  { rule, scope, lane, decision }: Look,
  evidence: Evidence,
): Promise<Incident | undefined> {
  const [row] = await tx.execute<{ id: number }>(sql`
    select id from incidents
    where rule_id = ${rule.id} and scope = ${scope} and lane = ${lane} and ended_at is not null
    order by ended_at desc limit 1`)
  if (!row) return undefined
  const fresh = { endedAt: null, endedReason: null, told: false, acknowledgedAt: null, acknowledgedBy: null }
  const [changed] = await tx
    .update(incidents)
    .set({ ...fresh, state: 'firing', severity: decision.severity, evidence })
    .where(eq(incidents.id, row.id))
    .returning()
  return changed
}

/** Scopes of a rule about which nothing is kept open any more: workflows that are gone. */
export async function forgetScopes({ orm }: Orm, ruleId: string, before: Date): Promise<void> {
  await orm.execute(
    sql`delete from alert_states where rule_id = ${ruleId} and not open and checked_at < ${before.toISOString()}`,
  )
}

export async function listProjectIds({ orm }: Orm): Promise<string[]> {
  const rows = await orm.select({ id: projects.id }).from(projects)
  return rows.map(row => row.id)
}
