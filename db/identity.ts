import { findApiKey, isKeyForm, type KeyAudience, readInternalKey, touchApiKey } from './api-keys.ts'
import type { Auth } from './auth.ts'
import type { Logger } from './log.ts'
import type { Postgres } from './postgres.ts'
import { type MemberRole, membership } from './projects.ts'

export type Caller = {
  projectId: string
  via: 'key' | 'session' | 'token'
  keyId?: string
  /** Of a client key: what it may do is little. */
  audience?: KeyAudience
  userId?: string
  /** Of who is signed in. */
  userName?: string
  role?: MemberRole
}
export type Answer = Caller | 'missing' | 'invalid'
/** Fetch's Headers, or anything with its `get`. */
export type HeaderReader = { get(name: string): string | null | undefined }

export type Identity = {
  /**
   * By `Authorization: Bearer` or Basic (the password is the key), `x-api-key` or `api_key`. A client key, which stands in
   * pages, is invalid unless the caller says that `clients` are welcome.
   */
  byKey(headers: HeaderReader, options?: { clients?: boolean }): Promise<Answer>
  /** By the dashboard's cookie; `invalid` when the person is not a member of the project. */
  bySession(headers: Headers, projectId: string): Promise<Answer>
}

const cacheMs = 5_000
const touchMs = 60_000

export function createIdentity({
  postgres,
  auth,
  secret,
  log,
}: {
  postgres: Postgres
  auth: Auth
  secret: string
  log: Logger
}): Identity {
  const cache = new Map<string, { caller: Caller | undefined; until: number }>()
  const touched = new Map<string, number>()

  async function lookUp(text: string, now: number) {
    const known = cache.get(text)
    if (known && known.until > now) return known.caller
    // Nonsense is not remembered: it would take the place of keys, and may be long.
    if (!isKeyForm(text)) return undefined
    const row = await findApiKey(postgres, text)
    const { id: keyId, projectId, audience } = row ?? {}
    const caller: Caller | undefined = projectId ? { projectId, via: 'key', keyId, audience } : undefined
    if (cache.size > 10_000) cache.clear()
    cache.set(text, { caller, until: now + cacheMs })
    return caller
  }

  function touch(keyId: string, now: number) {
    if (now - (touched.get(keyId) ?? 0) < touchMs) return
    touched.set(keyId, now)
    touchApiKey(postgres, keyId, new Date(now)).catch(error => log.debug('cannot note when a key was used', { error }))
  }

  return {
    async byKey(headers, { clients = false } = {}) {
      const text = keyFrom(headers)
      if (!text) return 'missing'
      const own = readInternalKey(secret, text)
      if (own) return { projectId: own, via: 'key' }
      const now = Date.now()
      const caller = await lookUp(text, now)
      if (!caller || (caller.audience === 'client' && !clients)) return 'invalid'
      if (caller.keyId) touch(caller.keyId, now)
      return caller
    },
    async bySession(headers, projectId) {
      const session = await auth.api.getSession({ headers })
      if (!session) return 'missing'
      const userId = session.user.id
      const role = await membership(postgres, { projectId, userId })
      return role ? { projectId, via: 'session', userId, userName: session.user.name, role } : 'invalid'
    },
  }
}

/** The key text a request carries, in any of its four forms, or ''. */
export function keyFrom(headers: HeaderReader): string {
  const [scheme = '', credentials = ''] = (headers.get('authorization') ?? '').trim().split(/\s+/)
  if (/^bearer$/i.test(scheme)) return credentials
  if (/^basic$/i.test(scheme)) {
    const [, password = ''] = /^[^:]*:(.*)$/s.exec(Buffer.from(credentials, 'base64').toString()) ?? []
    return password
  }
  return headers.get('x-api-key') ?? headers.get('api_key') ?? ''
}
