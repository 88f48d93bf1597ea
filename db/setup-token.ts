import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'
import { eq, sql } from 'drizzle-orm'
import { createAccount } from './accounts.ts'
import { insertDefaultRules } from './alert-rules.ts'
import { createApiKey, type NewApiKey } from './api-keys.ts'
import type { Postgres } from './postgres.ts'
import { newProjectId, recordAudit } from './projects.ts'
import { instance, members, projects, users } from './schema.ts'

const row = 'setup_token'
const hash = (token: string) => createHash('sha256').update(token).digest('hex')
const same = (a: string, b: string) => a.length === b.length && timingSafeEqual(Buffer.from(a), Buffer.from(b))

export type FirstVisit = { token: string; name: string; email: string; password: string; projectName: string }
export type TokenFault = 'wrong_token' | 'already_set_up'

/** Whether anybody has an account yet. */
export async function hasUsers(postgres: Pick<Postgres, 'orm'>): Promise<boolean> {
  const rows = await postgres.orm.select({ id: users.id }).from(users).limit(1)
  return rows.length > 0
}

/**
 * A fresh one-time token for the first visit, or undefined when somebody has an account. Only its hash is kept, and
 * asking again makes the earlier one void.
 */
export async function createSetupToken(postgres: Pick<Postgres, 'orm'>): Promise<string | undefined> {
  if (await hasUsers(postgres)) return undefined
  const token = randomBytes(24).toString('base64url')
  const value = hash(token)
  await postgres.orm
    .insert(instance)
    .values({ key: row, value })
    .onConflictDoUpdate({ target: instance.key, set: { value, updatedAt: new Date() } })
  return token
}

/** Whether the token opens the first visit, or why not. */
export async function checkSetupToken(postgres: Pick<Postgres, 'orm'>, token: string): Promise<'ok' | TokenFault> {
  if (await hasUsers(postgres)) return 'already_set_up'
  const [kept] = await postgres.orm.select().from(instance).where(eq(instance.key, row))
  return typeof kept?.value === 'string' && same(kept.value, hash(token)) ? 'ok' : 'wrong_token'
}

/**
 * Consumes the token and makes the owner, the first project and its first key, all or nothing. The lock on the token's
 * row lets one of two concurrent visits through.
 */
export async function setUp(
  postgres: Postgres,
  visit: FirstVisit,
): Promise<TokenFault | { projectId: string; userId: string; apiKey: NewApiKey }> {
  return postgres.orm.transaction(async tx => {
    await tx.execute(sql`select 1 from instance where key = ${row} for update`)
    const within = { orm: tx as unknown as Postgres['orm'] }
    const answer = await checkSetupToken(within, visit.token)
    if (answer !== 'ok') return answer
    const userId = await createAccount(within, visit)
    const projectId = newProjectId()
    await tx.insert(projects).values({ id: projectId, name: visit.projectName })
    await insertDefaultRules(tx, projectId)
    await tx.insert(members).values({ projectId, userId, role: 'owner' })
    const apiKey = await createApiKey(within, { projectId, name: 'First key', createdBy: userId })
    await recordAudit(within, { projectId, userId, action: 'instance.set_up', subject: visit.projectName })
    await tx.delete(instance).where(eq(instance.key, row))
    return { projectId, userId, apiKey }
  })
}
