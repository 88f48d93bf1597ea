import type { Request } from 'express'
import { readFeedbackToken } from '../db/feedback-token.ts'
import type { Caller } from '../db/identity.ts'
import { keyFrom } from '../db/identity.ts'
import type { Services } from '../db/services.ts'
import { ApiError } from './api-error.ts'

/** Who sends signals; a feedback token binds to one trace. */
export type SignalCaller = Caller & { traceId?: string }

/** What stands in a page is in everybody's hands: it may give feedback, and nothing else. */
export const isPage = ({ via, audience }: SignalCaller) => via === 'token' || audience === 'client'

/**
 * By feedback token or client key (in a header, or in the body's `token`, as a page sends it), by API key, or by the
 * dashboard's session with `?project=`.
 */
export async function signalCaller(services: Services, request: Request): Promise<SignalCaller> {
  const token = tokenOf(request)
  if (token?.startsWith('dlt_')) return writing(byToken(services, token), request)
  const headers = token ? { get: (name: string) => (name === 'x-api-key' ? token : undefined) } : request
  const byKey = await services.identity.byKey(headers, { clients: true })
  if (byKey === 'invalid') throw new ApiError(401, 'unauthorized', 'This API key is unknown or was revoked.')
  return byKey === 'missing' ? bySession(services, request) : writing(byKey, request)
}

function writing(caller: SignalCaller, request: Request): SignalCaller {
  if (request.method === 'GET' && isPage(caller))
    throw new ApiError(403, 'forbidden', 'A feedback token or client key may send feedback, not read it.')
  return caller
}

function tokenOf(request: Request): string | undefined {
  const inHeader = keyFrom(request)
  if (inHeader.startsWith('dlt_')) return inHeader
  const body: unknown = request.body
  if (inHeader || typeof body !== 'object' || body === null || !('token' in body)) return undefined
  return typeof body.token === 'string' && /^dl[tc]_/.test(body.token) ? body.token : undefined
}

function byToken({ secret }: Services, token: string): SignalCaller {
  const grant = readFeedbackToken(token, secret)
  if (!grant) throw new ApiError(401, 'unauthorized', 'This feedback token is not valid or has expired.')
  return { projectId: grant.projectId, via: 'token', traceId: grant.traceId }
}

async function bySession({ identity, config }: Services, request: Request): Promise<SignalCaller> {
  const projectId = typeof request.query.project === 'string' ? request.query.project : ''
  const headers = new Headers()
  if (request.headers.cookie) headers.set('cookie', request.headers.cookie)
  if (!request.headers.cookie || !projectId)
    throw new ApiError(401, 'unauthorized', 'Send an API key, a feedback token, or a session with ?project=.')
  if (request.method !== 'GET' && !isSameOrigin(request, config.publicUrl))
    throw new ApiError(403, 'cross_origin', 'This request came from another site.')
  const caller = await identity.bySession(headers, projectId)
  if (caller === 'missing') throw new ApiError(401, 'unauthorized', 'Sign in, or send an API key.')
  if (caller === 'invalid') throw new ApiError(403, 'forbidden', 'You are not a member of this project.')
  return caller
}

function isSameOrigin({ headers }: Request, publicUrl: string): boolean {
  const { origin, host } = headers
  if (!origin) return headers['sec-fetch-site'] === 'same-origin'
  const from = URL.canParse(origin) ? new URL(origin).host : ''
  return from !== '' && (from === host || from === new URL(publicUrl).host)
}
