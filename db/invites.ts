import { createHash, randomBytes } from 'node:crypto'
import { and, asc, eq, gt, sql, TransactionRollbackError } from 'drizzle-orm'
import { createAccount, emailOf, findAccount } from './accounts.ts'
import { dayMs } from './domain/time.ts'
import type { Postgres } from './postgres.ts'
import { type MemberRole, recordAudit } from './projects.ts'
import { invites, members, projects, users } from './schema.ts'

type Orm = Pick<Postgres, 'orm'>

export const inviteDays = 7
const hash = (token: string) => createHash('sha256').update(token).digest('hex')

export type NewInvite = { projectId: string; email: string; role: MemberRole; invitedBy: string }

/**
 * Invites an address into a project; the token of its link, which works once and for seven days. An earlier invitation of
 * the address is void with it. Answers undefined for the address of a member.
 */
export async function createInvite({ orm }: Orm, invite: NewInvite): Promise<string | undefined> {
  const { projectId, role, invitedBy } = invite
  const email = emailOf(invite.email)
  const [member] = await orm
    .select({ id: users.id })
    .from(members)
    .innerJoin(users, eq(users.id, members.userId))
    .where(and(eq(members.projectId, projectId), eq(users.email, email)))
  if (member) return undefined
  const token = randomBytes(24).toString('base64url')
  const expiresAt = new Date(Date.now() + inviteDays * dayMs)
  const values = { role, tokenHash: hash(token), invitedBy, expiresAt, createdAt: new Date() }
  await orm
    .insert(invites)
    .values({ id: crypto.randomUUID(), projectId, email, ...values })
    .onConflictDoUpdate({ target: [invites.projectId, invites.email], set: values })
  return token
}

const isOpen = gt(invites.expiresAt, sql`now()`)

/** Whether some project has invited an address that has not come yet. */
export async function isInvited({ orm }: Orm, email: string): Promise<boolean> {
  const found = await orm
    .select({ id: invites.id })
    .from(invites)
    .where(and(eq(invites.email, emailOf(email)), isOpen))
    .limit(1)
  return found.length > 0
}

/** Invitations of a project that can still be used, the oldest first. */
export function listInvites({ orm }: Orm, projectId: string) {
  return orm
    .select({
      id: invites.id,
      email: invites.email,
      role: invites.role,
      expiresAt: invites.expiresAt,
      by: users.name,
    })
    .from(invites)
    .leftJoin(users, eq(users.id, invites.invitedBy))
    .where(and(eq(invites.projectId, projectId), isOpen))
    .orderBy(asc(invites.createdAt))
}

/** Takes an invitation back; its address, or undefined when there is none. */
export async function withdrawInvite({ orm }: Orm, invite: { projectId: string; id: string }) {
  const [row] = await orm
    .delete(invites)
    .where(and(eq(invites.projectId, invite.projectId), eq(invites.id, invite.id)))
    .returning({ email: invites.email, role: invites.role })
  return row
}

/** The invitation that a token opens; undefined when it was used, withdrawn, made anew, or is too old. */
export async function findInvite({ orm }: Orm, token: string) {
  const [row] = await orm
    .select({ projectId: invites.projectId, project: projects.name, email: invites.email, role: invites.role })
    .from(invites)
    .innerJoin(projects, eq(projects.id, invites.projectId))
    .where(and(eq(invites.tokenHash, hash(token)), isOpen))
  if (!row) return undefined
  return { ...row, hasAccount: (await findAccount({ orm }, row.email)) !== undefined }
}

export type Joined = { projectId: string; email: string }

/**
 * Uses an invitation: makes whom it names a member, with a new account of that address where `account` is given, or as
 * the person signed in with `userId`, all or nothing. Undefined when the token opens nothing, or not for this person.
 */
export async function acceptInvite(
  postgres: Postgres,
  token: string,
  as: { account: { name: string; password: string } } | { userId: string },
): Promise<Joined | undefined> {
  return postgres.orm
    .transaction(async tx => {
      const within = { orm: tx as unknown as Postgres['orm'] }
      // Whoever deletes the row has used it: of two at one time the other finds none.
      const [invite] = await tx
        .delete(invites)
        .where(and(eq(invites.tokenHash, hash(token)), isOpen))
        .returning()
      if (!invite) return undefined
      const { projectId, email, role } = invite
      const existing = await findAccount(within, email)
      if ('userId' in as ? existing?.id !== as.userId : existing) tx.rollback()
      const userId = 'userId' in as ? as.userId : await createAccount(within, { ...as.account, email })
      await tx.insert(members).values({ projectId, userId, role }).onConflictDoNothing()
      await recordAudit(within, { projectId, userId, action: 'member.joined', subject: email, detail: { role } })
      return { projectId, email }
    })
    .catch(error => {
      if (error instanceof TransactionRollbackError) return undefined
      throw error
    })
}
