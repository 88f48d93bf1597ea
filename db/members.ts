import { asc, eq } from 'drizzle-orm'
import type { Postgres } from './postgres.ts'
import { members, users } from './schema.ts'

/** The people of a project, those who came first on top. */
export function listMembers({ orm }: Pick<Postgres, 'orm'>, projectId: string) {
  return orm
    .select({ id: users.id, name: users.name, email: users.email, role: members.role, since: members.createdAt })
    .from(members)
    .innerJoin(users, eq(users.id, members.userId))
    .where(eq(members.projectId, projectId))
    .orderBy(asc(members.createdAt))
}
