import { randomUUID } from 'node:crypto'
import { setImmediate as breathe } from 'node:timers/promises'
import express, { type RequestHandler, type Router } from 'express'
import { z } from 'zod'
import { editDistance } from '../db/domain/edit-distance.ts'
import { polarityOf, type SignalInput, signalInput } from '../db/domain/signals.ts'
import { readSettings } from '../db/projects.ts'
import { getRun } from '../db/runs.ts'
import type { Services } from '../db/services.ts'
import { insertSignals, knownTraces, listSignals, type Signal } from '../db/signals.ts'
import { ApiError, answerErrors } from './api-error.ts'
import { type SignalCaller, signalCaller } from './signal-caller.ts'

const maxSignals = 1_000
const sources: Record<SignalCaller['via'], string> = { key: 'api', token: 'page', session: 'dashboard' }

/**
 * The signals API, to be mounted at /v1/signals. `POST` takes one signal or up to 1,000 and answers, when they are stored,
 * `{ accepted, unmatched, ids }`: unmatched ones wait for their trace. `GET ?trace_id=` lists a trace's.
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
  if (request.headers.origin) response.setHeader('access-control-allow-origin', '*')
  if (request.method !== 'OPTIONS') return next()
  response.setHeader('access-control-allow-methods', 'POST, GET, OPTIONS')
  response.setHeader('access-control-allow-headers', 'authorization, content-type, x-api-key')
  response.setHeader('access-control-max-age', '7200')
  response.status(204).end()
}

const take =
  (services: Services): RequestHandler =>
  async (request, response) => {
    const caller = await signalCaller(services, request)
    if (caller.role === 'viewer') throw new ApiError(403, 'forbidden', 'Viewers of a project cannot give feedback.')
    const inputs = readInputs(request.body)
    const signals = await toSignals(services, caller, inputs)
    await insertSignals(services.clickhouse, signals)
    const traceIds = [...new Set(signals.map(signal => signal.traceId))]
    const known = await knownTraces(services.clickhouse, { projectId: caller.projectId, traceIds })
    const unmatched = signals.filter(({ traceId }) => !known.has(traceId)).length
    response.json({ accepted: signals.length, unmatched, ids: signals.map(({ id }) => id) })
  }

const list =
  (services: Services): RequestHandler =>
  async (request, response) => {
    const { projectId, traceId: only } = await signalCaller(services, request)
    const asked = z
      .string()
      .regex(/^[0-9a-f]{32}$/)
      .safeParse(request.query.trace_id)
    if (!asked.success) throw new ApiError(400, 'bad_input', 'must be 32 hexadecimal digits', 'trace_id')
    if (only && only !== asked.data) throw new ApiError(403, 'forbidden', 'This feedback token is for another trace.')
    response.json({ signals: await listSignals(services.clickhouse, { projectId, traceId: asked.data }) })
  }

function readInputs(body: unknown): SignalInput[] {
  const isList = Array.isArray(body)
  const items = isList ? body : [body]
  if (items.length > maxSignals) throw new ApiError(413, 'too_many', `Send at most ${maxSignals} signals at a time.`)
  return items.map((item, index) => {
    const parsed = signalInput.safeParse(item)
    if (parsed.success) return parsed.data
    const [issue] = parsed.error.issues
    const path = [...(isList ? [index] : []), ...(issue?.path ?? [])].join('.')
    throw new ApiError(400, 'bad_input', issue?.message ?? 'not a signal', path || undefined)
  })
}

async function toSignals(services: Services, caller: SignalCaller, inputs: SignalInput[]): Promise<Signal[]> {
  const settings = await readSettings(services.postgres, caller.projectId)
  const traceOf = traceFinder(services, caller)
  const now = new Date()
  const signals: Signal[] = []
  for (const input of inputs) {
    const value = await signalValue(input)
    signals.push({
      projectId: caller.projectId,
      traceId: await traceOf(input),
      id: input.id ?? randomUUID(),
      spanId: input.span_id ?? '',
      runId: input.run_id ?? '',
      sessionId: input.session_id ?? '',
      userId: input.user_id ?? '',
      kind: input.kind,
      value,
      polarity: polarityOf(input.kind, value, settings),
      action: input.action ?? '',
      comment: input.comment ?? '',
      labels: input.labels ?? {},
      at: input.at && input.at < now ? input.at : now,
      source: input.source ?? (caller.audience === 'client' ? 'page' : sources[caller.via]),
    })
  }
  return signals
}

/** An edit may give both texts: their distance is kept, they are not. */
async function signalValue({ kind, value, original, edited }: SignalInput): Promise<number | null> {
  if (kind !== 'edit' || original === undefined || edited === undefined) return value ?? null
  await breathe()
  return editDistance(original, edited)
}

/** The trace that a signal is about: named, the run's, or the token's. A run of another project is not found. */
function traceFinder({ postgres }: Services, { projectId, traceId: only }: SignalCaller) {
  const runs = new Map<string, string>()
  const ofRun = async (runId: string) => {
    const traceId = runs.get(runId) ?? (await getRun(postgres, projectId, runId))?.traceId
    if (!traceId)
      throw new ApiError(404, 'not_found', `There is no run ${runId.slice(0, 60)} in this project.`, 'run_id')
    runs.set(runId, traceId)
    return traceId
  }
  return async ({ trace_id, run_id }: SignalInput): Promise<string> => {
    const traceId = trace_id ?? (run_id ? await ofRun(run_id) : only)
    if (!traceId) throw new ApiError(400, 'bad_input', 'must be given, or run_id', 'trace_id')
    if (only && only !== traceId) throw new ApiError(403, 'forbidden', 'This feedback token is for another trace.')
    return traceId
  }
}
