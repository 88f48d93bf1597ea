import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import { and, desc, eq, isNull } from 'drizzle-orm'
import type { Postgres } from './postgres.ts'
import { apiKeys } from './schema.ts'

const keyForm = /^dlk_([a-z0-9]{12})_([A-Za-z0-9_-]{32})$/
const internalForm = /^dli_([A-Za-z0-9]+)_([A-Za-z0-9_-]{43})$/

export type NewApiKey = { id: string; key: string; name: string }

/** Makes a key of the form `dlk_<public>_<secret>`. Only the secret's SHA-256 is kept, so `key` can be shown this once. */
export async function createApiKey(
  postgres: Pick<Postgres, 'orm'>,
  { projectId, name, createdBy }: { projectId: string; name: string; createdBy?: string },
): Promise<NewApiKey> {
  const publicId = randomBytes(6).toString('hex')
  const secret = randomBytes(24).toString('base64url')
  const id = `key_${publicId}`
  const hint = `dlk_${publicId}_…${secret.slice(-4)}`
  await postgres.orm
    .insert(apiKeys)
    .values({ id, projectId, name, createdBy, publicId, hint, secretHash: hash(secret) })
  return { id, name, key: `dlk_${publicId}_${secret}` }
}

/** The project's keys, newest first, revoked ones included; never the secret. */
export function listApiKeys(postgres: Postgres, projectId: string) {
  return postgres.orm
    .select({
      id: apiKeys.id,
      name: apiKeys.name,
      hint: apiKeys.hint,
      createdAt: apiKeys.createdAt,
      lastUsedAt: apiKeys.lastUsedAt,
      revokedAt: apiKeys.revokedAt,
    })
    .from(apiKeys)
    .where(eq(apiKeys.projectId, projectId))
    .orderBy(desc(apiKeys.createdAt))
}

/** Answers whether a live key of this project was revoked. It stops working within the seconds that callers cache it. */
export async function revokeApiKey(postgres: Postgres, { projectId, id }: { projectId: string; id: string }) {
  const rows = await postgres.orm
    .update(apiKeys)
    .set({ revokedAt: new Date() })
    .where(and(eq(apiKeys.projectId, projectId), eq(apiKeys.id, id), isNull(apiKeys.revokedAt)))
    .returning({ id: apiKeys.id })
  return rows.length > 0
}

/** The live key behind a text, or undefined when it is malformed, unknown or revoked. */
export async function findApiKey(postgres: Postgres, text: string) {
  const [, publicId, secret] = keyForm.exec(text) ?? []
  if (!publicId || !secret) return undefined
  const [row] = await postgres.orm
    .select({ id: apiKeys.id, projectId: apiKeys.projectId, secretHash: apiKeys.secretHash })
    .from(apiKeys)
    .where(and(eq(apiKeys.publicId, publicId), isNull(apiKeys.revokedAt)))
  return row && same(row.secretHash, hash(secret)) ? { id: row.id, projectId: row.projectId } : undefined
}

export async function touchApiKey(postgres: Postgres, id: string, at: Date) {
  await postgres.orm.update(apiKeys).set({ lastUsedAt: at }).where(eq(apiKeys.id, id))
}

/** The key by which our own agent runtime sends spans to ingest: derived from the secret, kept nowhere. */
export function internalKey(secret: string, projectId: string) {
  return `dli_${projectId}_${createHmac('sha256', secret).update(`internal:${projectId}`).digest('base64url')}`
}

/** The project an internal key speaks for, or undefined when it is not one of ours. */
export function readInternalKey(secret: string, text: string) {
  const projectId = internalForm.exec(text)?.[1]
  return projectId && same(internalKey(secret, projectId), text) ? projectId : undefined
}

const hash = (text: string) => createHash('sha256').update(text).digest('hex')
const same = (a: string, b: string) => a.length === b.length && timingSafeEqual(Buffer.from(a), Buffer.from(b))
