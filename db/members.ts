import { and, asc, eq } from 'drizzle-orm'
import type { Postgres } from './postgres.ts'
import { members, projects, users } from './schema.ts'

/** The people of a project, those who came first on top. */
export function listMembers({ orm }: Pick<Postgres, 'orm'>, projectId: string) {
  return orm
    .select({ id: users.id, name: users.name, email: users.email, role: members.role, since: members.createdAt })
    .from(members)
    .innerJoin(users, eq(users.id, members.userId))
    .where(eq(members.projectId, projectId))
    .orderBy(asc(members.createdAt))
}

/** Whether somebody runs the installation: an owner of its first project, which the set-up made. */
export async function isOperator({ orm }: Pick<Postgres, 'orm'>, userId: string): Promise<boolean> {
  const [first] = await orm.select({ id: projects.id }).from(projects).orderBy(projects.createdAt, projects.id).limit(1)
  if (!first) return false
  const owned = and(eq(members.projectId, first.id), eq(members.userId, userId), eq(members.role, 'owner'))
  return (await orm.select({ role: members.role }).from(members).where(owned)).length > 0
}
