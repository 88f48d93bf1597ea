import { randomBytes } from 'node:crypto'
import { and, asc, eq, sql } from 'drizzle-orm'
import { alertRules, incidents } from './alert-tables.ts'
import { type AlertRule, defaultRules } from './domain/alert-rule.ts'
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

/** Changes a rule as its reader last saw it; false when it is gone, or somebody changed it since. */
export async function updateRule(
  { orm }: Orm,
  { projectId, id, revision }: { projectId: string; id: string; revision: number },
  rule: Partial<AlertRule>,
): Promise<boolean> {
  return orm.transaction(async tx => {
    const rows = await tx
      .update(alertRules)
      .set({ ...rule, revision: sql`${alertRules.revision} + 1`, updatedAt: sql`now()` })
      .where(and(eq(alertRules.projectId, projectId), eq(alertRules.id, id), eq(alertRules.revision, revision)))
      .returning({ id: alertRules.id })
    if (rows.length > 0 && rule.enabled === false) await closeIncidents(tx, id, 'the rule was switched off')
    return rows.length > 0
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

async function closeIncidents(tx: Tx, ruleId: string, reason: string) {
  await tx
    .update(incidents)
    .set({ endedAt: sql`now()`, endedReason: reason, state: 'resolved' })
    .where(and(eq(incidents.ruleId, ruleId), sql`${incidents.endedAt} is null`))
  await tx.execute(sql`delete from alert_states where rule_id = ${ruleId}`)
}
