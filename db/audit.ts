import { desc, eq } from 'drizzle-orm'
import type { Postgres } from './postgres.ts'
import { auditLog, users } from './schema.ts'

/** Who changed what in a project, newest first. */
export function listAudit({ orm }: Pick<Postgres, 'orm'>, projectId: string, limit = 200) {
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
    .where(eq(auditLog.projectId, projectId))
    .orderBy(desc(auditLog.id))
    .limit(limit)
}
