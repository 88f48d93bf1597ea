import { gzipSync } from 'node:zlib'
import { createApiKey } from '../db/api-keys.ts'
import { createProject } from '../db/projects.ts'
import type { Services } from '../db/services.ts'
import { insertSpans, type SpanRow } from '../db/spans.ts'
import { decodeTraces } from '../ingest/otlp/protobuf.ts'
import { startIngest } from '../ingest/server.ts'
import { mapRequest } from '../ingest/trace-intake.ts'
import { freshRequests } from './fresh-requests.ts'
import { insertJsonRows } from './json-rows.ts'
import { cpuSeconds, withStores } from './stores.ts'

type Measured = { form: string; spans: number; seconds: number; cpu: { own: number; stores: number }; waits: number[] }

/**
 * How fast spans get in, on embedded stores: rows inserted as JSON against Native blocks, and the whole way over HTTP
 * (gzip, decode, map, look up, insert, answer) with 8 senders. The machine's other load counts in.
 */
export async function bench(seconds: number) {
  const share = Math.max(seconds / 4, 2)
  await withStores(async services => {
    const rounds = [
      await decodeAndMap(share),
      await inserts('insert, JSONEachRow', share, rows => insertJsonRows(services.clickhouse, rows)),
      await inserts('insert, Native', share, rows => insertSpans(services.clickhouse, rows)),
      await overHttp(services, share),
    ]
    print(rounds)
  })
}

const rowsOf = (request: Buffer): SpanRow[] => {
  const receivedMs = Date.now()
  const { spans } = mapRequest(decodeTraces(request), receivedMs)
  return spans.map(span => Object.assign(span, { projectId: 'bench', receivedMs }))
}

async function decodeAndMap(seconds: number): Promise<Measured> {
  const next = freshRequests('genai-512-0.pb.gz')
  const requests = Array.from({ length: 20 }, next)
  return measure('decode and map', seconds, async round => rowsOf(requests[round % 20] as Buffer).length)
}

async function inserts(form: string, seconds: number, insert: (rows: SpanRow[]) => Promise<void>): Promise<Measured> {
  const next = [0, 1, 2, 3].map(file => freshRequests(`genai-512-${file}.pb.gz`))
  const rows = [...next, ...next].flatMap(fresh => rowsOf(fresh()))
  return measure(form, seconds, async round => {
    const prefix = round.toString(16).padStart(8, '0')
    for (const row of rows) row.traceId = prefix + row.traceId.slice(8)
    await insert(rows)
    return rows.length
  })
}

async function overHttp(services: Services, seconds: number): Promise<Measured> {
  const ingest = await startIngest(services)
  const projectId = await createProject(services.postgres, { name: 'Bench' })
  const { key } = await createApiKey(services.postgres, { projectId, name: 'bench' })
  const next = [0, 1, 2, 3].map(file => freshRequests(`genai-512-${file}.pb.gz`))
  const bodies = Array.from({ length: 200 }, (_, at) => gzipSync((next[at % 4] as () => Buffer)(), { level: 1 }))
  const headers = {
    authorization: `Bearer ${key}`,
    'content-type': 'application/x-protobuf',
    'content-encoding': 'gzip',
  }
  const send = async () => {
    const body = bodies.pop()
    if (!body) return 0
    const response = await fetch(`${ingest.urls[0]}/v1/traces`, { method: 'POST', body: new Uint8Array(body), headers })
    if (response.status !== 200) throw new Error(`ingest answered ${response.status}: ${await response.text()}`)
    return 512
  }
  const measured = await measure('HTTP, whole way', seconds, send, 8)
  await ingest.stop()
  return measured
}

/** Repeats work, several at a time, until the time is up or it does nothing more. */
async function measure(
  form: string,
  seconds: number,
  work: (round: number) => Promise<number>,
  lanes = 1,
): Promise<Measured> {
  const waits: number[] = []
  let spans = 0
  let round = 0
  const before = cpuSeconds()
  const began = performance.now()
  const lane = async () => {
    while (performance.now() - began < seconds * 1000) {
      const start = performance.now()
      const done = await work(round++)
      if (done === 0) return
      waits.push(performance.now() - start)
      spans += done
    }
  }
  await Promise.all(Array.from({ length: lanes }, lane))
  const took = (performance.now() - began) / 1000
  const after = cpuSeconds()
  const cpu = { own: after.own - before.own, stores: after.stores - before.stores }
  return { form, spans, seconds: took, cpu, waits: waits.sort((a, b) => a - b) }
}

function print(rounds: Measured[]) {
  const base = rounds.find(({ form }) => form.includes('JSON'))
  const rate = ({ spans, seconds }: Measured) => spans / seconds
  const each = (cpu: number, { spans }: Measured) => ((cpu * 1e6) / spans).toFixed(1)
  const at = ({ waits }: Measured, part: number) => (waits[Math.floor(waits.length * part)] ?? 0).toFixed(1)
  const rows = rounds.map(round => ({
    form: round.form,
    'spans/s': Math.round(rate(round)),
    'against JSON rows': base ? `${(rate(round) / rate(base)).toFixed(2)}x` : '',
    'CPU us a span': each(round.cpu.own, round),
    'of the stores': each(round.cpu.stores, round),
    'p50 ms': at(round, 0.5),
    'p95 ms': at(round, 0.95),
  }))
  console.table(rows)
}
