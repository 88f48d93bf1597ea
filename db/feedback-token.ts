import { createHmac, timingSafeEqual } from 'node:crypto'
import { z } from 'zod'

/** What a feedback token allows: signals on this one trace until it expires. */
export type FeedbackGrant = { projectId: string; traceId: string; expiresAt: Date }

const form = /^dlt_([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]{43})$/
const claims = z.object({ p: z.string().min(1), t: z.string().regex(/^[0-9a-f]{32}$/), e: z.int() })

/** Text `dlt_<claims>.<HMAC-SHA-256>` that a page may hold: it opens nothing but feedback on that trace. */
export function signFeedbackToken({ projectId, traceId, expiresAt }: FeedbackGrant, secret: string): string {
  const body = JSON.stringify({ p: projectId, t: traceId, e: Math.floor(expiresAt.getTime() / 1000) })
  const payload = Buffer.from(body).toString('base64url')
  return `dlt_${payload}.${mac(payload, secret)}`
}

/** The grant of a token that we signed and that still holds at `now`, else undefined. */
export function readFeedbackToken(token: string, secret: string, now = new Date()): FeedbackGrant | undefined {
  const [, payload = '', signature = ''] = form.exec(token) ?? []
  const expected = Buffer.from(mac(payload, secret))
  const given = Buffer.from(signature)
  if (expected.length !== given.length || !timingSafeEqual(expected, given)) return undefined
  const { p, t, e } = claims.parse(JSON.parse(Buffer.from(payload, 'base64url').toString()))
  return e * 1000 > now.getTime() ? { projectId: p, traceId: t, expiresAt: new Date(e * 1000) } : undefined
}

const mac = (payload: string, secret: string) =>
  createHmac('sha256', secret).update(`feedback:${payload}`).digest('base64url')
