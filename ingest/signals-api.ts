import express, { type RequestHandler, type Router } from 'express'
import { z } from 'zod'
import { type SignalInput, signalInput } from '../db/domain/signals.ts'
import { openRedaction } from '../db/redaction.ts'
import type { Services } from '../db/services.ts'
import { listSignals } from '../db/signals.ts'
import { ApiError, answerErrors } from './api-error.ts'
import { clientOf } from './otlp-intake.ts'
import { openPageLimits } from './page-limits.ts'
import { isPage, signalCaller } from './signal-caller.ts'
import { keepSignals } from './signal-intake.ts'

const maxSignals = 1_000

/**
 * The signals API, to be mounted at /v1/signals. `POST` takes one signal, a list of up to 1,000 or `{ signals }`, and
 * answers, when they are stored, `{ accepted, unmatched, repeated, corrected, ids }`. `GET ?trace_id=` lists a trace's.
 */
export function signalsRouter(services: Services): Router {
  const router = express.Router()
  router.use(allowBrowsers)
  router.get('/', handler(list(services)))
  // A page that is being left sends by sendBeacon, which says text/plain.
  router.post('/', express.json({ limit: '2mb', type: ['json', 'text/plain'] }), handler(take(services)))
  router.all('/', (_request, _response, next) => next(new ApiError(405, 'bad_method', 'Use POST or GET.')))
  router.use(answerErrors(services.log))
  return router
}

const handler =
  (answer: RequestHandler): RequestHandler =>
  (request, response, next) =>
    Promise.resolve(answer(request, response, next)).catch(next)

const allowBrowsers: RequestHandler = (request, response, next) => {
  if (request.headers.origin) {
    response.setHeader('access-control-allow-origin', '*')
    response.setHeader('access-control-expose-headers', 'retry-after')
  }
  if (request.method !== 'OPTIONS') return next()
  response.setHeader('access-control-allow-methods', 'POST, GET, OPTIONS')
  response.setHeader('access-control-allow-headers', 'authorization, content-type, x-api-key')
  response.setHeader('access-control-max-age', '7200')
  response.status(204).end()
}

function take(services: Services): RequestHandler {
  const { ledger } = services
  const withinLimits = openPageLimits()
  const redaction = openRedaction(services.postgres)
  return async (request, response) => {
    const caller = await signalCaller(services, request)
    const page = isPage(caller)
    const { items, isList } = itemsOf(request.body)
    const count = Math.max(1, items.length)
    const client = page ? 'a page' : clientOf(request.headers['user-agent'])
    const line = { projectId: caller.projectId, item: 'signals', client } as const
    const bytes = Number(request.headers['content-length'] ?? 0)
    const received = { ...line, outcome: 'received', count, bytes } as const
    try {
      if (caller.role === 'viewer') throw new ApiError(403, 'forbidden', 'Viewers of a project cannot give feedback.')
      if (page) await withinLimits({ caller, address: request.ip, count })
      const kept = await keepSignals({ ...services, redaction }, caller, readInputs(items, isList))
      const { accepted, repeated, corrected } = kept
      ledger.record(
        received,
        { ...line, outcome: 'stored', count: accepted - repeated - corrected },
        { ...line, outcome: 'duplicate', count: repeated },
        { ...line, outcome: 'corrected', count: corrected },
      )
      response.json(kept)
    } catch (error) {
      if (error instanceof ApiError)
        ledger.record(received, { ...line, outcome: 'rejected', reason: reasonOf(error), count })
      throw error
    }
  }
}

/** Only words of ours and names of fields: whoever sends could else fill the ledger with reasons of his own. */
function reasonOf({ message, path = '' }: ApiError): string {
  const [field] = path.replace(/^\d+(\.|$)/, '').split('.')
  return field ? `${field}: ${message}` : message
}

const list =
  (services: Services): RequestHandler =>
  async (request, response) => {
    const { projectId } = await signalCaller(services, request)
    const asked = z
      .string()
      .regex(/^[0-9a-f]{32}$/)
      .safeParse(request.query.trace_id)
    if (!asked.success) throw new ApiError(400, 'bad_input', 'must be 32 hexadecimal digits', { path: 'trace_id' })
    response.json({ signals: await listSignals(services.clickhouse, { projectId, traceId: asked.data }) })
  }

function itemsOf(body: unknown): { items: unknown[]; isList: boolean } {
  const given: unknown = typeof body === 'object' && body !== null && 'signals' in body ? body.signals : body
  return Array.isArray(given) ? { items: given, isList: true } : { items: [given], isList: false }
}

function readInputs(items: unknown[], isList: boolean): SignalInput[] {
  if (items.length > maxSignals) throw new ApiError(413, 'too_many', `Send at most ${maxSignals} signals at a time.`)
  return items.map((item, index) => {
    const parsed = signalInput.safeParse(item)
    if (parsed.success) return parsed.data
    const [issue] = parsed.error.issues
    const path = [...(isList ? [index] : []), ...(issue?.path ?? [])].join('.')
    throw new ApiError(400, 'bad_input', issue?.message ?? 'not a signal', { path: path || undefined })
  })
}
