import { randomBytes } from 'node:crypto'
import { hashPassword } from 'better-auth/crypto'
import { and, eq } from 'drizzle-orm'
import { z } from 'zod'
import type { Postgres } from './postgres.ts'
import { authAccounts, authSessions, authVerifications, users } from './schema.ts'

type Orm = Pick<Postgres, 'orm'>
export type NewAccount = { name: string; email: string; password: string }

export const personName = z.string().trim().min(1, 'Enter your name.').max(100, 'At most 100 characters.')
export const newPassword = z
  .string()
  .min(10, 'Choose at least 10 characters.')
  .max(200, 'Choose at most 200 characters.')

/** E-mail addresses as they are kept and compared. */
export const emailOf = (text: string) => text.trim().toLowerCase()

/** Makes an account that signs in with e-mail and password; its id. Throws where the address has one. */
export async function createAccount({ orm }: Orm, { name, email, password }: NewAccount): Promise<string> {
  const userId = crypto.randomUUID()
  const hashed = await hashPassword(password)
  await orm.insert(users).values({ id: userId, name, email: emailOf(email) })
  await orm
    .insert(authAccounts)
    .values({ id: crypto.randomUUID(), userId, accountId: userId, providerId: 'credential', password: hashed })
  return userId
}

/** The account of an address. */
export async function findAccount({ orm }: Orm, email: string): Promise<{ id: string; email: string } | undefined> {
  const [row] = await orm
    .select({ id: users.id, email: users.email })
    .from(users)
    .where(eq(users.email, emailOf(email)))
  return row
}

/** Makes the links for a new password void that were sent to an account: it has one, by another of them or otherwise. */
export async function voidResets({ orm }: Orm, userId: string) {
  await orm.delete(authVerifications).where(eq(authVerifications.value, userId))
}

/** Gives an account a new password, and ends its sessions; the password, or undefined where nobody has the address. */
export async function giveNewPassword(postgres: Orm, email: string): Promise<string | undefined> {
  const account = await findAccount(postgres, email)
  if (!account) return undefined
  const password = randomBytes(15).toString('base64url')
  const hashed = await hashPassword(password)
  await postgres.orm.transaction(async tx => {
    const own = and(eq(authAccounts.userId, account.id), eq(authAccounts.providerId, 'credential'))
    await tx.update(authAccounts).set({ password: hashed, updatedAt: new Date() }).where(own)
    await tx.delete(authSessions).where(eq(authSessions.userId, account.id))
    await voidResets({ orm: tx as unknown as Postgres['orm'] }, account.id)
  })
  return password
}
