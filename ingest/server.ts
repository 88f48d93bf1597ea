import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { setFlagsFromString } from 'node:v8'
import express from 'express'
import { openPrices } from '../db/costs.ts'
import { plainForwarded } from '../db/forwarded.ts'
import { openPublicHealth } from '../db/health.ts'
import { listen } from '../db/listen.ts'
import { openRedaction } from '../db/redaction.ts'
import { openRejects } from '../db/rejects.ts'
import type { Running, Services } from '../db/services.ts'
import { openToolRules } from '../db/tool-rules.ts'
import { type BodyLimits, bodyLimits } from './body.ts'
import { ByteBudget } from './byte-budget.ts'
import { startGrpc } from './grpc.ts'
import type { Journal } from './journal.ts'
import { takeLogs } from './logs.ts'
import { openSpanStore, type StoreOptions } from './open-span-store.ts'
import { answerOtlp, signalAt } from './otlp-http.ts'
import type { OtlpParts } from './otlp-intake.ts'
import { type RecomputeOptions, recomputeCosts } from './recompute.ts'
import { removeOldData } from './retention.ts'
import { warnSeldom } from './seldom.ts'
import { signalsRouter } from './signals-api.ts'
import { type SpanTable, spanTable } from './span-table.ts'
import type { SpoolLimits } from './spool.ts'
import type { Spooler } from './spooler.ts'
import { checkTraces } from './trace-check.ts'
import { TraceFacts } from './trace-facts.ts'
import { takeTraces } from './trace-intake.ts'
import { WrapperCalls } from './wrapper-calls.ts'

export type IngestOptions = StoreOptions & {
  limits?: BodyLimits
  /** Bytes of requests, as sent and inflated, that may be held at one time. */
  heldBytes?: number
  table?: SpanTable
  spool?: Partial<SpoolLimits>
  recompute?: Partial<RecomputeOptions>
}

const drainMs = 3_500

// V8 finds that rows of the first requests outlive a small heap's collections, and from then on makes all rows among what
// lives long: there they die with all they refer to, unseen until the next full collection.
setFlagsFromString('--no-allocation-site-pretenuring')

/** Listens for OTLP over HTTP on OTLP_HTTP_PORT, which takes signals too, and over gRPC on OTLP_GRPC_PORT. */
export async function startIngest(services: Services, options: IngestOptions = {}): Promise<Running> {
  const { clickhouse, config, identity, ledger, log, monitor, postgres } = services
  const { limits = bodyLimits, heldBytes = 160 << 20, table = spanTable(clickhouse) } = options
  const prices = await openPrices(postgres)
  const rejects = openRejects({ postgres, log })
  const store = await openSpanStore(services, { ...options, table, ledger })
  const tools = openToolRules(postgres)
  const redaction = openRedaction(postgres)
  const facts = new TraceFacts()
  const parts = { prices, tools, redaction, ledger, spans: store.spans, facts, wrappers: new WrapperCalls() }
  const otlp: OtlpParts = {
    identity,
    warn: warnSeldom(log),
    ledger,
    rejects,
    redaction,
    limits,
    budget: new ByteBudget(heldBytes),
    takeTraces: (resources, from) => takeTraces(resources, from, parts),
    takeLogs: (resources, from) => takeLogs(resources, from, { clickhouse, ...parts }),
  }
  const check = checkTraces(services)
  store.start(check.soon)
  monitor.asks({ name: 'davylamp_spool_bytes', help: 'Bytes of spans on disk that wait for ClickHouse.' }, () => [
    [{}, store.spooler.spooledBytes],
  ])
  const journal = { name: 'davylamp_journal_bytes', help: 'Bytes of answered spans on disk that wait for an insert.' }
  monitor.asks(journal, () => [[{}, journalledBytes(store)]])
  const recompute = recomputeCosts(services, options.recompute)
  const retention = removeOldData(services)
  const others = otherRoutes(services, store)

  const answer = (request: IncomingMessage, response: ServerResponse) => {
    const signal = signalAt(request.url ?? '')
    if (signal) void answerOtlp(request, response, signal, otlp)
    else others(request, response)
  }
  const server = createServer({ headersTimeout: 10_000, requestTimeout: 120_000, keepAliveTimeout: 65_000 }, answer)
  const { host } = config
  const giveUp = async (error: unknown): Promise<never> => {
    server.close()
    await Promise.all([check.stop(), recompute.stop(), retention.stop(), store.stop()])
    await Promise.all([ledger.flush(), rejects.stop()])
    throw error
  }
  const http = { port: config.otlpHttpPort, host, setting: 'OTLP_HTTP_PORT' }
  const port = await listen(server, http).catch(giveUp)
  const grpc = await startGrpc({ port: config.otlpGrpcPort, host }, otlp).catch(giveUp)
  return {
    name: 'ingest',
    urls: [`http://${host}:${port}`, grpc.url],
    async stop() {
      const closed = new Promise<void>(resolve => server.close(() => resolve()))
      server.closeIdleConnections()
      const forced = setTimeout(() => server.closeAllConnections(), drainMs)
      const grpcClosed = grpc.stop(drainMs)
      const checked = Promise.all([check.stop(), recompute.stop(), retention.stop()])
      await store.drain()
      await Promise.all([closed, grpcClosed])
      clearTimeout(forced)
      await Promise.all([store.stop(), checked])
      await Promise.all([ledger.flush(), rejects.stop()])
    },
  }
}

type Waiting = { spooler: Spooler; journal: Journal | undefined }

/** Under load spans pass through it; 0 without a journal too, which was said at the start. */
const journalledBytes = ({ journal }: Waiting) => journal?.bytes ?? 0

function otherRoutes(services: Services, waiting: Waiting) {
  const { spooler } = waiting
  const app = express().disable('x-powered-by')
  const health = openPublicHealth(services)
  app.get('/healthz', async (_request, response) => {
    const { stores } = await health()
    // Without ClickHouse spans wait in the spool, and senders should go on.
    const isWell = ([name, state]: [string, string]) => state === 'ok' || (name === 'clickhouse' && spooler.canSpool)
    const ok = Object.entries(stores).every(isWell)
    const held = { spooled: { bytes: spooler.spooledBytes }, journalled: { bytes: journalledBytes(waiting) } }
    response.status(ok ? 200 : 503).json({ ok, stores, ...held })
  })
  app.set('trust proxy', services.config.trustProxy)
  app.use(plainForwarded)
  app.use('/v1/signals', signalsRouter(services))
  app.use((request, response) => {
    const message = `there is nothing at ${request.path}: OTLP goes to /v1/traces, /v1/logs and /v1/metrics`
    response.status(404).json({ error: { code: 'not_found', message } })
  })
  return app
}
