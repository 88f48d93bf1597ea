import { randomBytes } from 'node:crypto'
import { and, asc, eq, isNull, sql } from 'drizzle-orm'
import { alertRules, alertStates, incidents } from './alert-tables.ts'
import { type AlertRule, defaultRules, type Lane } from './domain/alert-rule.ts'
import { isEqual } from './domain/flags/diff.ts'
import { tellIncident } from './incident-events.ts'
import type { Postgres } from './postgres.ts'

type Orm = Pick<Postgres, 'orm'>
type Tx = Parameters<Parameters<Postgres['orm']['transaction']>[0]>[0]
export type StoredRule = typeof alertRules.$inferSelect

/** The ten rules that a project begins with; part of the transaction that makes it. */
export async function insertDefaultRules(tx: Tx, projectId: string): Promise<void> {
  const rows = defaultRules().map(({ key, ...rule }) => ({
    ...rule,
    id: `${projectId}.${key}`,
    projectId,
    builtIn: true,
  }))
  await tx.insert(alertRules).values(rows).onConflictDoNothing()
}

/** The project's rules: those that came with it first, the project-wide before those for each workflow. */
export function listRules({ orm }: Orm, projectId: string): Promise<StoredRule[]> {
  return orm
    .select()
    .from(alertRules)
    .where(eq(alertRules.projectId, projectId))
    .orderBy(
      asc(alertRules.eachWorkflow),
      sql`${alertRules.builtIn} desc`,
      asc(alertRules.createdAt),
      asc(alertRules.id),
    )
}

export async function getRule({ orm }: Orm, projectId: string, id: string): Promise<StoredRule | undefined> {
  const [row] = await orm
    .select()
    .from(alertRules)
    .where(and(eq(alertRules.projectId, projectId), eq(alertRules.id, id)))
  return row
}

export async function createRule(
  { orm }: Orm,
  projectId: string,
  rule: AlertRule,
  createdBy?: string,
): Promise<string> {
  const id = `rule_${randomBytes(8).toString('hex')}`
  await orm.insert(alertRules).values({ ...rule, id, projectId, createdBy })
  return id
}

/** What a rule looks at: where that changes, what was seen of it before is about something else. */
const looksAt = ['metric', 'filters', 'eachWorkflow', 'windowHours', 'standardiseBy'] as const

/**
 * Changes a rule as its reader last saw it; false when it is gone, or somebody changed it since. What is open and will not
 * be looked at any more is closed.
 */
export async function updateRule(
  { orm }: Orm,
  { projectId, id, revision }: { projectId: string; id: string; revision: number },
  rule: Partial<AlertRule>,
): Promise<boolean> {
  return orm.transaction(async tx => {
    const own = and(eq(alertRules.projectId, projectId), eq(alertRules.id, id), eq(alertRules.revision, revision))
    const [before] = await tx.select().from(alertRules).where(own).for('update')
    if (!before) return false
    await tx
      .update(alertRules)
      .set({ ...rule, revision: sql`${alertRules.revision} + 1`, updatedAt: sql`now()` })
      .where(own)
    const isOther = looksAt.some(field => rule[field] !== undefined && !isEqual(before[field], rule[field]))
    if (rule.enabled === false) await closeIncidents(tx, id, 'the rule was switched off')
    else if (isOther) await closeIncidents(tx, id, 'the rule looks at something else now')
    else if (rule.fastLane === false) await closeIncidents(tx, id, 'the rule no longer looks by the hour', 'hour')
    return true
  })
}

/** Removes a rule that people added; those that came with the project can only be switched off. */
export async function deleteRule({ orm }: Orm, projectId: string, id: string): Promise<boolean> {
  return orm.transaction(async tx => {
    const own = and(eq(alertRules.projectId, projectId), eq(alertRules.id, id), eq(alertRules.builtIn, false))
    const [found] = await tx.select({ id: alertRules.id }).from(alertRules).where(own).for('update')
    if (!found) return false
    await closeIncidents(tx, id, 'the rule was deleted')
    await tx.delete(alertRules).where(own)
    return true
  })
}

/** Ends what is open of a rule, tells it to those who were told that it began, and forgets how the rule stood. */
async function closeIncidents(tx: Tx, ruleId: string, reason: string, lane?: Lane) {
  const now = new Date()
  // How it stood first: a look that is being written down locks in this order too.
  await tx.delete(alertStates).where(and(eq(alertStates.ruleId, ruleId), lane && eq(alertStates.lane, lane)))
  const closed = await tx
    .update(incidents)
    .set({ endedAt: now, endedReason: reason, state: 'resolved' })
    .where(and(eq(incidents.ruleId, ruleId), lane && eq(incidents.lane, lane), isNull(incidents.endedAt)))
    .returning()
  for (const incident of closed) await tellIncident(tx, incident, { kind: 'resolved', reason, now })
}
