import { createCipheriv, createDecipheriv, createHash, hkdfSync, randomBytes } from 'node:crypto'

/**
 * Texts that are kept encrypted: `v1.<key id>.<iv>.<tag and ciphertext>`, AES-256-GCM under a key derived from the
 * instance secret. The key id says which secret sealed it, so that after a change of secret the old one can still open.
 * `bound` (the row it belongs to) must be the same when it is opened: a sealed text is of no use elsewhere.
 */
export function seal(text: string, secret: string, bound: string): string {
  const { id, key } = keyOf(secret)
  const iv = randomBytes(12)
  const cipher = createCipheriv('aes-256-gcm', key, iv).setAAD(Buffer.from(bound))
  const body = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()])
  return ['v1', id, iv.toString('base64url'), Buffer.concat([cipher.getAuthTag(), body]).toString('base64url')].join(
    '.',
  )
}

/** Throws a sentence when none of the secrets sealed it, or when it was altered. */
export function openSealed(sealed: string, secrets: readonly string[], bound: string): string {
  const [version, id, iv = '', rest = ''] = sealed.split('.')
  if (version !== 'v1') throw new Error('what is sealed has a form that this release does not know')
  const known = secrets.map(keyOf).find(key => key.id === id)
  if (!known)
    throw new Error(
      'it was sealed with another DAVYLAMP_SECRET: name that one in DAVYLAMP_OLD_SECRETS, or enter it anew',
    )
  const bytes = Buffer.from(rest, 'base64url')
  const decipher = createDecipheriv('aes-256-gcm', known.key, Buffer.from(iv, 'base64url'))
  decipher.setAAD(Buffer.from(bound)).setAuthTag(bytes.subarray(0, 16))
  try {
    return Buffer.concat([decipher.update(bytes.subarray(16)), decipher.final()]).toString('utf8')
  } catch {
    throw new Error('what is sealed was altered, or belongs to another row')
  }
}

function keyOf(secret: string) {
  const key = Buffer.from(hkdfSync('sha256', secret, 'davylamp', 'sealed texts', 32))
  return { key, id: createHash('sha256').update(key).digest('hex').slice(0, 8) }
}

/** The secret that signs a project's run webhooks, in the form of Standard Webhooks. */
export function runWebhookSecret(secret: string, projectId: string): string {
  return `whsec_${Buffer.from(hkdfSync('sha256', secret, 'davylamp', `run webhooks of ${projectId}`, 24)).toString('base64')}`
}

export const newSigningSecret = () => `whsec_${randomBytes(24).toString('base64')}`
