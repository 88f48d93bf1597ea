import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { Metadata } from '@grpc/grpc-js'
import { OTLPTraceExporter as Grpc } from '@opentelemetry/exporter-trace-otlp-grpc'
import { OTLPTraceExporter as Json } from '@opentelemetry/exporter-trace-otlp-http'
import { OTLPTraceExporter as Protobuf } from '@opentelemetry/exporter-trace-otlp-proto'
import { NodeTracerProvider, type ReadableSpan, type SpanExporter } from '@opentelemetry/sdk-trace-node'
import { z } from 'zod'
import { createApiKey } from '../../db/api-keys.ts'
import { openClickHouse } from '../../db/clickhouse.ts'
import { openPostgres } from '../../db/postgres.ts'
import { createProject } from '../../db/projects.ts'
import { readRunning } from '../../db/stores.ts'
import { freePort, startProduct } from '../setup/product.ts'
import { hex, jsonRequest, jsonSpan, seeded } from './otlp-factory.ts'

export type CrashFindings = {
  kills: number
  /** Kills that left acknowledged spans on disk which were not inserted. */
  journalled: number
  acknowledged: number
  /** Sent again because no answer came, or none of success. */
  retries: number
  /** Of `spans`. */
  rows: number
  distinct: number
  /** What `traces` adds up to. */
  summed: number
  tokens: number
  /** Traces whose sum is not the number of their spans. */
  wrongTraces: number
}

const tokensEach = 7
const plainSenders = 2
/** Without an acknowledgement for so long, the load hangs: each request is given up and sent again after 10 s. */
const hangsAfterMs = 60_000

type CrashOptions = {
  kills: number
  seed: number
  dataDir: string
  /** Of a plain request: with hundreds there are more a second than are inserted before they are answered. */
  spansEach?: number
  /** Whether a gRPC exporter sends too, as it does unless this is false. */
  grpc?: boolean
}

/**
 * Kills a loaded ingest process, with its embedded stores, at random moments and starts it again, while clients send
 * each request until it is acknowledged; then says what is stored of what was acknowledged.
 */
export async function crashRounds(options: CrashOptions): Promise<CrashFindings> {
  const { spansEach = 20 } = options
  const random = seeded(options.seed)
  const [port, grpcPort] = [String(await freePort()), String(await freePort())]
  const start = async () => {
    const env = { OTLP_HTTP_PORT: port, OTLP_GRPC_PORT: grpcPort, LOG_LEVEL: 'info', OTEL_SDK_DISABLED: 'true' }
    const product = await startProduct({ dataDir: options.dataDir, roles: ['ingest'], env })
    await product.until(/ingest is ready/)
    return product
  }
  let product = await start()
  const { projectId, apiKey } = await mintProjectIn(options.dataDir)
  const load = startLoad({
    url: `http://localhost:${port}/v1/traces`,
    grpcUrl: `http://localhost:${grpcPort}`,
    apiKey,
    spansEach,
    grpc: options.grpc,
  })
  let journalled = 0
  for (let kill = 0; kill < options.kills; kill++) {
    await load.untilMore(2 * spansEach)
    await delay(random() * 1_500)
    await product.stop('SIGKILL')
    if (spooledFiles(options.dataDir) > 0) journalled += 1
    product = await start()
  }
  const { acknowledged, retries } = await load.finish()
  const findings = await settle(readRunning(options.dataDir).clickhouse, projectId, acknowledged)
  await product.stop()
  return { kills: options.kills, journalled, acknowledged, retries, ...findings }
}

function spooledFiles(dataDir: string) {
  const names = readdirSync(join(dataDir, 'spool'), { recursive: true, encoding: 'utf8' })
  return names.filter(name => name.endsWith('.spool')).length
}

async function mintProjectIn(dataDir: string) {
  const postgres = openPostgres(readRunning(dataDir).postgres)
  const projectId = await createProject(postgres, { name: 'Crash' })
  const { key } = await createApiKey(postgres, { projectId, name: 'crash' })
  await postgres.close()
  return { projectId, apiKey: key }
}

export type Target = { url: string; grpcUrl: string; apiKey: string; spansEach?: number; grpc?: boolean }

/**
 * Senders of plain JSON, and OpenTelemetry's own exporters, which try again by themselves; what they give up is handed
 * to them again, until it is acknowledged.
 */
export function startLoad({ url, grpcUrl, apiKey, spansEach = 20, grpc = true }: Target) {
  const metadata = new Metadata()
  metadata.set('authorization', `Bearer ${apiKey}`)
  const headers = { authorization: `Bearer ${apiKey}` }
  const counts = { acknowledged: 0, retries: 0 }
  const waiting = new Map<string, { since: number; tries: number; error?: string }>()
  let progressAt = performance.now()
  let over = false

  async function untilAcknowledged(sender: string, spans: number, send: () => Promise<boolean>) {
    const wait = { since: performance.now(), tries: 1 }
    waiting.set(sender, wait)
    while (!(await send())) {
      counts.retries += 1
      wait.tries += 1
      await delay(150)
    }
    waiting.delete(sender)
    counts.acknowledged += spans
    progressAt = performance.now()
  }

  /** Throws when nothing is acknowledged any more, saying who waits. */
  function assertProgress() {
    const now = performance.now()
    if (now - progressAt < hangsAfterMs) return
    const each = [...waiting].map(
      ([sender, { since, tries, error = '' }]) =>
        `${sender} for ${Math.round((now - since) / 1_000)} s in try ${tries} ${error}`,
    )
    throw new Error(`nothing was acknowledged for ${hangsAfterMs / 1_000} s: ${each.join(', ') || 'nobody waits'}`)
  }

  async function json(_: unknown, number: number) {
    while (!over) {
      const traces = Array.from({ length: 4 }, () => hex(16))
      const attributes = { 'gen_ai.operation.name': 'chat', 'gen_ai.usage.input_tokens': tokensEach }
      const spans = Array.from({ length: spansEach }, (_, at) => jsonSpan({ traceId: traces[at % 4], attributes }))
      const body = JSON.stringify(jsonRequest(spans))
      await untilAcknowledged(`plain ${number}`, spansEach, async () => {
        const signal = AbortSignal.timeout(10_000)
        const request = { method: 'POST', body, headers: { ...headers, 'content-type': 'application/json' }, signal }
        return fetch(url, request).then(
          answer => answer.status === 200,
          () => false,
        )
      })
      await delay(10)
    }
  }

  async function exports(exporter: SpanExporter, number: number) {
    const ended: ReadableSpan[] = []
    const collect = { onStart() {}, onEnd: (span: ReadableSpan) => void ended.push(span) }
    const nothing = async () => {}
    const provider = new NodeTracerProvider({
      spanProcessors: [{ ...collect, forceFlush: nothing, shutdown: nothing }],
    })
    const tracer = provider.getTracer('crash')
    const attributes = { 'gen_ai.operation.name': 'chat', 'gen_ai.usage.input_tokens': tokensEach }
    while (!over) {
      for (let at = 0; at < 10; at++) tracer.startSpan('call', { attributes }).end()
      const spans = ended.splice(0)
      const send = () =>
        new Promise<boolean>(resolve =>
          exporter.export(spans, ({ code, error }) => {
            const wait = waiting.get(`exporter ${number}`)
            if (wait) wait.error = error?.message
            resolve(code === 0)
          }),
        )
      await untilAcknowledged(`exporter ${number}`, spans.length, send)
      await delay(10)
    }
    await exporter.shutdown()
  }

  const exporters = [
    new Protobuf({ url, headers, timeoutMillis: 10_000 }),
    new Json({ url, headers, timeoutMillis: 10_000 }),
    ...(grpc ? [new Grpc({ url: grpcUrl, metadata, timeoutMillis: 10_000 })] : []),
  ]
  const working = Promise.all([...Array.from({ length: plainSenders }, json), ...exporters.map(exports)])
  return {
    async untilMore(spans: number) {
      const aim = counts.acknowledged + spans
      progressAt = performance.now()
      while (counts.acknowledged < aim) {
        assertProgress()
        await delay(20)
      }
    },
    counts,
    async finish() {
      over = true
      progressAt = performance.now()
      const done = working.then(() => true)
      while (!(await Promise.race([done, delay(1_000, false)]))) assertProgress()
      return counts
    },
  }
}

const whole = z.coerce.number()
const found = z.object({ rows: whole, distinct: whole, summed: whole, tokens: whole, wrongTraces: whole })
const patienceMs = 60_000

/** Looks until all is as it must be or patience ends: a spool drains, and traces are checked, in the background. */
export async function settle(clickhouseUrl: string, projectId: string, acknowledged: number) {
  const clickhouse = openClickHouse({ url: clickhouseUrl })
  const sql = `
    with
      stored as (select trace_id, count() as n from spans where project_id = {projectId:String} group by trace_id),
      totals as (select trace_id, sum(span_count) as n from traces where project_id = {projectId:String} group by trace_id)
    select
      (select count() from spans where project_id = {projectId:String}) as rows,
      (select uniqExact(trace_id, span_id) from spans where project_id = {projectId:String}) as distinct,
      (select sum(span_count) from traces where project_id = {projectId:String}) as summed,
      (select sum(input_tokens) from traces where project_id = {projectId:String}) as tokens,
      (select countIf(stored.n != totals.n) from stored full join totals using (trace_id)) as wrongTraces`
  try {
    for (const until = Date.now() + patienceMs; ; await delay(500)) {
      const [findings] = await clickhouse.query({ sql, params: { projectId }, row: found })
      if (!findings) throw new Error('the store answered nothing')
      const { rows, distinct, summed, tokens } = findings
      const asItMust = [rows, distinct, summed, tokens / tokensEach].every(count => count === acknowledged)
      if ((asItMust && findings.wrongTraces === 0) || Date.now() > until) return findings
    }
  } finally {
    await clickhouse.close()
  }
}

/** What must be found: everything acknowledged, once, in the rows and in the sums. */
export const nothingLostOrDoubled = ({ acknowledged }: Pick<CrashFindings, 'acknowledged'>) => ({
  acknowledged,
  rows: acknowledged,
  distinct: acknowledged,
  summed: acknowledged,
  tokens: acknowledged * tokensEach,
  wrongTraces: 0,
})
