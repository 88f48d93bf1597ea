import { createHash } from 'node:crypto'
import express, { type Request, type RequestHandler, type Response, type Router } from 'express'
import { type Evaluation, evaluate, evaluateKey } from '../../db/domain/flags/evaluate.ts'
import type { FlagSet } from '../../db/domain/flags/flag-set.ts'
import { deepest, isDeep } from '../../db/domain/json.ts'
import type { Caller } from '../../db/identity.ts'
import type { SeatLimits } from '../../db/seats.ts'
import type { Services } from '../../db/services.ts'
import { signStreamToken } from '../../db/stream-token.ts'
import { type OfrepLimits, openCallers } from './caller.ts'
import { openFlagEvents } from './flag-events.ts'
import { handler, longestBody, Refusal, refuseBadPaths } from './refusal.ts'

/** How long a page may be in the background before it lets go of the stream of changes. */
const inactivityDelaySec = 120
/** How long a client waits at most for flags that another process has already. */
const catchUpMs = 1_000

/**
 * The OpenFeature Remote Evaluation Protocol 0.3, to be mounted at `/ofrep/v1`: one flag, all flags with an ETag over the
 * answer, and a stream that tells when to ask again. It answers from memory.
 */
export function ofrepRouter(
  services: Services,
  { streams, ...limits }: Partial<OfrepLimits> & { streams?: Partial<SeatLimits> } = {},
): Router {
  const { flags, log, config, secret } = services
  const callerOf = openCallers(services, { perSecond: config.ofrepPerSecond, perAddress: 50, ...limits })
  const router = express.Router()
  router.use(allowBrowsers)

  router.post(
    '/evaluate/flags',
    handler(log, async (req, res) => {
      const caller = await callerOf(req)
      const context = await contextOf(req, res)
      await catchUp(req)
      const set = flags.set(caller.projectId)
      const eventStreams = caller.keyId && [streamFor({ projectId: caller.projectId, keyId: caller.keyId })]
      const body = JSON.stringify({
        flags: evaluateAll(set, context, caller),
        metadata: { flagSetId: set.id },
        ...(eventStreams && { eventStreams }),
      })
      // Over the whole answer: another context gives another answer of the same flags.
      const etag = `"${createHash('sha1').update(body).digest('base64url')}"`
      res.setHeader('etag', etag)
      res.setHeader('cache-control', 'private, no-cache')
      if (namesTag(req.get('if-none-match'), etag)) return res.status(304).end()
      res.type('json').send(body)
    }),
  )

  router.post(
    '/evaluate/flags/*',
    handler(
      log,
      async (req, res) => {
        const caller = await callerOf(req)
        const context = await contextOf(req, res)
        const key = keyOf(req)
        const set = flags.set(caller.projectId)
        const evaluation = evaluateKey(isVisible(set, key, caller) ? key : '', context, new Date(), set)
        res.setHeader('cache-control', 'no-store')
        res.status(statusOf(evaluation)).json(toJson({ ...evaluation, key }))
      },
      keyOf,
    ),
  )

  router.get('/events', handler(log, openFlagEvents(services, streams)))
  router.use(
    handler(log, async req => {
      throw new Refusal(404, `there is nothing at ${req.method} ${req.baseUrl}${req.path}`)
    }),
  )

  router.use(refuseBadPaths)

  async function catchUp(req: Request) {
    const wanted = Number(req.query.flagConfigEtag)
    if (Number.isSafeInteger(wanted) && wanted > flags.version) await flags.reach(wanted, catchUpMs)
  }

  /** Without an origin: clients look for it where they found us. */
  const streamFor = (grant: { projectId: string; keyId: string }) => ({
    type: 'sse',
    endpoint: { requestUri: `/ofrep/v1/events?token=${signStreamToken(grant, secret)}` },
    inactivityDelaySec,
  })

  return router
}

function evaluateAll(set: FlagSet, context: unknown, caller: Caller) {
  const now = new Date()
  return [...set.flags.values()]
    .filter(({ key }) => isVisible(set, key, caller))
    .map(flag => toJson(evaluate(flag, context, now, set)))
}

const isVisible = (set: FlagSet, key: string, { audience }: Caller) =>
  audience !== 'client' || set.flags.get(key)?.public === true

function toJson({ key, value, variant, reason, errorCode, errorDetails, metadata }: Evaluation) {
  return errorCode ? { key, errorCode, errorDetails, metadata } : { key, value, variant, reason, metadata }
}

const statusOf = ({ errorCode }: Evaluation) =>
  errorCode === undefined ? 200 : errorCode === 'FLAG_NOT_FOUND' ? 404 : 400

const keyOf = (req: Request): string => String(req.params[0] ?? '')

const parse = express.json({ limit: longestBody, strict: false, type: () => true })

async function contextOf(req: Request, res: Response): Promise<unknown> {
  await new Promise<void>((resolve, reject) =>
    parse(req, res, (error?: unknown) => (error ? reject(error) : resolve())),
  )
  const body: unknown = req.body
  if (typeof body !== 'object' || body === null || Array.isArray(body))
    throw new Refusal(400, 'the body must be an object with a context', { errorCode: 'PARSE_ERROR' })
  const context = 'context' in body ? body.context : {}
  if (typeof context !== 'object' || context === null || Array.isArray(context))
    throw new Refusal(400, 'the context must be an object', { errorCode: 'INVALID_CONTEXT' })
  if (isDeep(context))
    throw new Refusal(400, `the context nests deeper than ${deepest} levels`, { errorCode: 'INVALID_CONTEXT' })
  return context
}

const namesTag = (header = '', etag: string) =>
  header.split(',').some(one => one.trim().replace(/^W\//, '') === etag || one.trim() === '*')

/** Pages of any origin may ask: a key tells who they are, never a cookie. */
const allowBrowsers: RequestHandler = (req, res, next) => {
  if (req.headers.origin) {
    res.setHeader('access-control-allow-origin', '*')
    res.setHeader('access-control-expose-headers', 'etag, retry-after')
  }
  if (req.method !== 'OPTIONS') return next()
  res.setHeader('access-control-allow-methods', 'POST, GET, OPTIONS')
  res.setHeader('access-control-allow-headers', 'authorization, content-type, if-none-match, last-event-id, x-api-key')
  res.setHeader('access-control-max-age', '7200')
  res.status(204).end()
}
