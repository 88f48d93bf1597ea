import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import { and, desc, eq, isNull } from 'drizzle-orm'
import type { Postgres } from './postgres.ts'
import { apiKeys } from './schema.ts'

const keyForm = /^dl([kc])_([a-z0-9]{12})_([A-Za-z0-9_-]{32})$/
const internalForm = /^dli_([A-Za-z0-9]+)_([A-Za-z0-9_-]{43})$/

/** Whether a text could be a key at all. */
export const isKeyForm = (text: string) => keyForm.test(text)

/** A client key may stand in a page: it evaluates the flags that are public and sends feedback, and nothing else. */
export type KeyAudience = 'server' | 'client'
export type NewApiKey = { id: string; key: string; name: string }

/**
 * Makes a key of the form `dlk_<public>_<secret>`, or `dlc_...` for a client key. Only the secret's SHA-256 is kept, so
 * `key` can be shown this once.
 */
export async function createApiKey(
  postgres: Pick<Postgres, 'orm'>,
  {
    projectId,
    name,
    createdBy,
    audience = 'server',
  }: { projectId: string; name: string; createdBy?: string; audience?: KeyAudience },
): Promise<NewApiKey> {
  const publicId = randomBytes(6).toString('hex')
  const secret = randomBytes(24).toString('base64url')
  const id = `key_${publicId}`
  const start = `${audience === 'client' ? 'dlc' : 'dlk'}_${publicId}_`
  const hint = `${start}…${secret.slice(-4)}`
  await postgres.orm
    .insert(apiKeys)
    .values({ id, projectId, name, createdBy, publicId, hint, audience, secretHash: hash(secret) })
  return { id, name, key: start + secret }
}

/** The project's keys, newest first, revoked ones included; never the secret. */
export function listApiKeys(postgres: Postgres, projectId: string) {
  return postgres.orm
    .select({
      id: apiKeys.id,
      name: apiKeys.name,
      hint: apiKeys.hint,
      audience: apiKeys.audience,
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
  const [, letter, publicId, secret] = keyForm.exec(text) ?? []
  if (!publicId || !secret) return undefined
  const [row] = await postgres.orm
    .select({
      id: apiKeys.id,
      projectId: apiKeys.projectId,
      audience: apiKeys.audience,
      secretHash: apiKeys.secretHash,
    })
    .from(apiKeys)
    .where(and(eq(apiKeys.publicId, publicId), isNull(apiKeys.revokedAt)))
  const isWhole = row && same(row.secretHash, hash(secret)) && (row.audience === 'client') === (letter === 'c')
  return isWhole ? { id: row.id, projectId: row.projectId, audience: row.audience } : undefined
}

/** Whether a key is live, of which only the id is known: what was signed for it then still holds. */
export async function isLiveKey(postgres: Pick<Postgres, 'orm'>, { projectId, id }: { projectId: string; id: string }) {
  const rows = await postgres.orm
    .select({ id: apiKeys.id })
    .from(apiKeys)
    .where(and(eq(apiKeys.projectId, projectId), eq(apiKeys.id, id), isNull(apiKeys.revokedAt)))
  return rows.length > 0
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
