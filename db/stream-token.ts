import { createHmac, timingSafeEqual } from 'node:crypto'

/** Who may hear that a project's flags have changed: the holder of a key, for as long as the key is live. */
export type StreamGrant = { projectId: string; keyId: string }

const form = /^dls_([A-Za-z0-9]+)\.([A-Za-z0-9_]+)\.([A-Za-z0-9_-]{43})$/

/** A text for a URL, since an EventSource sends no headers. The same for a key each time; it opens nothing else. */
export const signStreamToken = (grant: StreamGrant, secret: string): string =>
  `dls_${grant.projectId}.${grant.keyId}.${mac(grant, secret)}`

/** The grant of a token that we signed, else undefined. */
export function readStreamToken(token: string, secret: string): StreamGrant | undefined {
  const [, projectId = '', keyId = '', signature = ''] = form.exec(token) ?? []
  const expected = Buffer.from(mac({ projectId, keyId }, secret))
  const given = Buffer.from(signature)
  return expected.length === given.length && timingSafeEqual(expected, given) ? { projectId, keyId } : undefined
}

const mac = ({ projectId, keyId }: StreamGrant, secret: string) =>
  createHmac('sha256', secret).update(`flag stream:${projectId}:${keyId}`).digest('base64url')
