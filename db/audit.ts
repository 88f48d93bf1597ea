import { and, desc, eq, lt } from 'drizzle-orm'
import type { Postgres } from './postgres.ts'
import { auditLog, users } from './schema.ts'

/** Who changed what in a project, newest first; `before` is an id: the next page. */
export function listAudit(
  { orm }: Pick<Postgres, 'orm'>,
  projectId: string,
  { before, limit = 200 }: { before?: number; limit?: number } = {},
) {
  return orm
    .select({
      id: auditLog.id,
      action: auditLog.action,
      subject: auditLog.subject,
      detail: auditLog.detail,
      at: auditLog.at,
      who: users.name,
    })
    .from(auditLog)
    .leftJoin(users, eq(users.id, auditLog.userId))
    .where(and(eq(auditLog.projectId, projectId), before !== undefined ? lt(auditLog.id, before) : undefined))
    .orderBy(desc(auditLog.id))
    .limit(limit)
}
