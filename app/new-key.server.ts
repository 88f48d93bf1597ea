import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto'
import type { Services } from '../db/services.ts'

const name = 'davylamp_new_key'
const maxAgeSeconds = 1800

type NewKey = { projectId: string; key: string }
type Own = Pick<Services, 'secret' | 'config'>

/**
 * A key can be shown once, but the set-up snippets need it on the pages that follow: it travels for half an hour in an
 * encrypted cookie that scripts cannot read, and is kept nowhere on the server.
 */
export function keepNewKey({ secret, config }: Own, headers: Headers, newKey: NewKey) {
  const iv = randomBytes(12)
  const cipher = createCipheriv('aes-256-gcm', cookieKey(secret), iv)
  const sealed = Buffer.concat([iv, cipher.update(JSON.stringify(newKey), 'utf8'), cipher.final(), cipher.getAuthTag()])
  const secure = config.publicUrl.startsWith('https:') ? '; Secure' : ''
  headers.append(
    'set-cookie',
    `${name}=${sealed.toString('base64url')}; Path=/p/${newKey.projectId}; Max-Age=${maxAgeSeconds}; HttpOnly; SameSite=Lax${secure}`,
  )
}

/** The key made in this browser within the last half hour, for this project. */
export function readNewKey({ secret }: Own, request: Request, projectId: string): string | undefined {
  const cookie = request.headers.get('cookie') ?? ''
  const [, value] = new RegExp(`(?:^|; )${name}=([\\w-]+)`).exec(cookie) ?? []
  if (!value) return undefined
  const kept = open(secret, Buffer.from(value, 'base64url'))
  return kept?.projectId === projectId ? kept.key : undefined
}

function open(secret: string, sealed: Buffer): NewKey | undefined {
  if (sealed.length < 29) return undefined
  try {
    const cipher = createDecipheriv('aes-256-gcm', cookieKey(secret), sealed.subarray(0, 12))
    cipher.setAuthTag(sealed.subarray(-16))
    return JSON.parse(cipher.update(sealed.subarray(12, -16), undefined, 'utf8') + cipher.final('utf8'))
  } catch {
    return undefined
  }
}

const cookieKey = (secret: string) => Buffer.from(hkdfSync('sha256', secret, '', name, 32))
