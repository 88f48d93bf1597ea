import { and, asc, eq } from 'drizzle-orm'
import type { Postgres } from './postgres.ts'
import type { MemberRole } from './projects.ts'
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

export type Membership = { projectId: string; userId: string }
export type MemberChange = 'done' | 'no_member' | 'last_owner'

/** Gives a member another role. A project keeps an owner: its last one stays that. */
export const setRole = (postgres: Postgres, who: Membership, role: MemberRole): Promise<MemberChange> =>
  change(postgres, who, role)

/** Takes a member out of a project, though not its last owner. */
export const removeMember = (postgres: Postgres, who: Membership): Promise<MemberChange> =>
  change(postgres, who, undefined)

function change(postgres: Postgres, { projectId, userId }: Membership, role: MemberRole | undefined) {
  return postgres.orm.transaction(async (tx): Promise<MemberChange> => {
    // One at a time, so that of two owners not both go at once.
    const all = await tx.select().from(members).where(eq(members.projectId, projectId)).for('update')
    const owners = all.filter(member => member.role === 'owner')
    const member = all.find(member => member.userId === userId)
    if (!member) return 'no_member'
    if (member.role === 'owner' && role !== 'owner' && owners.length === 1) return 'last_owner'
    const where = and(eq(members.projectId, projectId), eq(members.userId, userId))
    if (role) await tx.update(members).set({ role }).where(where)
    else await tx.delete(members).where(where)
    return 'done'
  })
}
