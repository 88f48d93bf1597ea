import { setTimeout as delay } from 'node:timers/promises'
import { gunzipSync, gzipSync } from 'node:zlib'
import { z } from 'zod'
import { createApiKey } from '../db/api-keys.ts'
import type { ClickHouse } from '../db/clickhouse.ts'
import { createProject } from '../db/projects.ts'
import type { Services } from '../db/services.ts'
import { spanBlocks } from '../db/span-block.ts'
import { insertSpanBlocks, type SpanRow } from '../db/spans.ts'
import { decodeTraces } from '../ingest/otlp/protobuf.ts'
import type { OtlpResourceSpans } from '../ingest/otlp/request.ts'
import { startIngest } from '../ingest/server.ts'
import { mapRequest } from '../ingest/trace-intake.ts'
import { freshRequests, largeJson, spansPerRequest } from './fresh-requests.ts'
import { insertJsonRows } from './json-rows.ts'
import { at, type Measured, measure, repeat } from './measure.ts'
import { cpuSeconds, peakMemory } from './processes.ts'
import { asRequest, decodeObjects } from './protobufjs.ts'
import { type LoadForm, type Sender, startSender } from './sender.ts'
import { withStores } from './stores.ts'
import { mostTiny, tinyLogs, tinySpans } from './tiny-requests.ts'

type Row = Measured & {
  form: string
  says: string
  waits?: number[]
  bytes?: number
  refused?: number
  /** CPU seconds of the stores, after it, to merge what it left into one part. */
  left?: number
}

const lanes = 64
/** Requests made before a round, which may take fewer. */
const perSecond = 28_000

/**
 * How fast spans get in, and what each costs: the whole way (HTTP, key, gunzip, decode, map, insert, answer) from a second
 * process into the embedded ClickHouse, against the usual way and against reading alone. The machine's other load counts in.
 */
export async function bench(seconds: number) {
  await withStores(async services => {
    const sender = startSender()
    try {
      const whole = await wholeWay(services, sender, Math.max(seconds / 4, 4))
      const parts = await stages(services, Math.max(seconds / 20, 1.5))
      print([...whole, ...parts])
    } finally {
      sender.stop()
    }
  })
}

async function wholeWay(services: Services, sender: Sender, share: number): Promise<Row[]> {
  const ingest = await startIngest(services)
  const projectId = await createProject(services.postgres, { name: 'Bench' })
  const { key } = await createApiKey(services.postgres, { projectId, name: 'bench' })
  const [httpUrl = '', grpcUrl = ''] = ingest.urls
  let inflated = 0
  async function round(form: LoadForm, seconds: number, rate?: number, more = {}) {
    await empty(services.clickhouse)
    answered = 0
    inflated = await sender.prepare(form, Math.ceil(((rate ?? perSecond) * seconds * 1.1) / spansPerRequest))
    const how = { send: form, url: form === 'grpc' ? grpcUrl : httpUrl, key, lanes, seconds, perSecond: rate, ...more }
    const work = async () => {
      const sent = await sender.send(how)
      await untilStored(sent.spans)
      return sent
    }
    const done = await measure(work, [sender.pid])
    const disk = await bytesOnDisk(services.clickhouse)
    const left = await merging(services.clickhouse, sender.pid)
    return { ...done, disk, left, merged: await bytesOnDisk(services.clickhouse) }
  }
  let answered = 0
  /** Under load an answer says that spans are on disk: what then still has to be done belongs to the round. */
  async function untilStored(spans: number) {
    answered += spans
    for (const until = Date.now() + 60_000; (await storedSpans(services.clickhouse, projectId)) < answered; ) {
      if (Date.now() > until) throw new Error('spans that were acknowledged are not stored after a minute')
      await delay(100)
    }
  }
  await round('protobuf', 2)
  const full = await round('protobuf', share * 1.5)
  const memory = peakMemory()
  const rate = full.spans / full.seconds
  const half = await round('protobuf', share, rate / 2)
  const json = await round('json', share / 2)
  const grpc = await round('grpc', share / 2, undefined, { lanes: 24 })
  const overload = await round('protobuf', share / 2, undefined, { lanes: 400 })
  const overloaded = peakMemory()
  const to = { url: httpUrl, key }
  const huge = [
    await hugeRequest({ ...to, signal: 'traces', what: `${mostTiny} tiny spans`, body: tinySpans() }),
    await hugeRequest({ ...to, signal: 'logs', what: `${mostTiny} tiny logs`, body: tinyLogs() }),
    await hugeRequest({ ...to, signal: 'traces', what: 'JSON of 33 MB', body: largeJson(33e6), isJson: true }),
  ]
  await ingest.stop()

  const percent = (bytes: number) => `${((bytes / inflated) * 100).toFixed(0)} %`
  process.stdout.write(
    [
      `peak memory: ingest ${mebi(memory.own)} MiB, ClickHouse ${mebi(memory.store)} MiB`,
      `on disk, of ${inflated.toFixed(0)} bytes of protobuf a span: ${full.disk.toFixed(0)}, ${percent(full.disk)}; when all is merged ${full.merged.toFixed(0)}, ${percent(full.merged)}`,
      `${lanes * 6} requests at a time: memory ${mebi(overloaded.own)} and ${mebi(overloaded.store)} MiB`,
      ...huge,
      '',
    ].join('\n'),
  )
  const over = {
    ...overload,
    form: 'HTTP, 400 requests at once',
    says: 'far more than it takes: what is refused comes again',
  }
  return [
    {
      ...full,
      form: 'HTTP, protobuf',
      says: `the whole way, ${lanes} requests of 512 spans at a time, as fast as it goes`,
    },
    {
      ...half,
      form: 'HTTP, half of that load',
      says: 'the same at half the rate: what a client waits when not all is busy',
    },
    { ...json, form: 'HTTP, JSON', says: 'the whole way in OTLP/JSON' },
    { ...grpc, form: 'gRPC, protobuf', says: 'the whole way over gRPC, gzip' },
    over,
  ]
}

type Huge = { url: string; key: string; signal: 'traces' | 'logs'; what: string; body: Buffer; isJson?: boolean }

/** One very large request: how long nothing else had its turn meanwhile, beside any other. */
async function hugeRequest({ url, key, signal, what, body, isJson }: Huge): Promise<string> {
  const headers = {
    authorization: `Bearer ${key}`,
    'content-type': isJson ? 'application/json' : 'application/x-protobuf',
    'content-encoding': 'gzip',
  }
  const zipped = gzipSync(body)
  await delay(1_000)
  const { seconds, loopMax } = await measure(async () => {
    const answer = await fetch(`${url}/v1/${signal}`, { method: 'POST', headers, body: new Uint8Array(zipped) })
    if (answer.status !== 200) throw new Error(`ingest answered ${answer.status}: ${await answer.text()}`)
    return { spans: 1 }
  })
  return `${what} in one request: answered after ${seconds.toFixed(1)} s, longest stall of the loop ${loopMax.toFixed(0)} ms`
}

async function stages({ clickhouse }: Services, seconds: number): Promise<Row[]> {
  const next = freshRequests()
  const raw = Array.from({ length: 32 }, next)
  const gzipped = raw.map(body => gzipSync(body))
  const body = (round: number) => gzipped[round % gzipped.length] as Buffer
  const inflate = (round: number) =>
    gunzipSync(body(round), { chunkSize: body(round).readUInt32LE(body(round).length - 4) })
  const rows: Row[] = []
  const add = async (form: string, says: string, work: () => Promise<Measured>) => {
    await empty(clickhouse)
    const done = await work()
    rows.push({ ...done, form, says, left: await merging(clickhouse) })
  }

  await add(
    '(a) usual: protobufjs, JSON rows',
    'gunzip, protobufjs, objects, mapped, inserted as JSONEachRow, 4,096 rows',
    () => usual(clickhouse, inflate, seconds * 4),
  )
  await add(
    'ours, the same steps',
    'gunzip, read where it lies, mapped, inserted as Native, 4,096 rows: (a) without a server as well',
    () => sameSteps(clickhouse, inflate, seconds * 4),
  )
  const floor = (round: number) => {
    decodeTraces(inflate(round))
    return spansPerRequest
  }
  await add(
    '(b) floor: gunzip and decode',
    'what reading the requests costs at least, and nothing done with them',
    () => repeat(seconds, floor),
  )
  const encode = (round: number) => spanBlocks(rowsOf(decodeTraces(raw[round % 32] as Buffer)))[0]?.rows ?? 0
  await add('decode, map, columns', 'from inflated protobuf to a Native block', () => repeat(seconds, encode))
  for (const size of [512, 2_048, 8_192, 32_768]) {
    await add(`Native insert of ${size} rows`, 'the insert alone, from blocks of 512 rows', () =>
      inserts(clickhouse, size, seconds * 1.5),
    )
  }
  return rows
}

const rowsOf = (request: OtlpResourceSpans[]): SpanRow[] => {
  const receivedMs = Date.now()
  return mapRequest(request, receivedMs).spans.map(span => Object.assign(span, { projectId: 'bench', receivedMs }))
}

let inserted = 0
function refresh(rows: SpanRow[]) {
  const prefix = (++inserted).toString(16).padStart(8, '0')
  for (const row of rows) row.traceId = prefix + row.traceId.slice(8)
  return rows
}

function usual(clickhouse: ClickHouse, inflate: (round: number) => Buffer, seconds: number) {
  return repeat(seconds, async round => {
    const requests = Array.from({ length: 8 }, (_, at) => asRequest(decodeObjects(inflate(round * 8 + at))))
    const rows = requests.flatMap(request => refresh(rowsOf(request)))
    await insertJsonRows(clickhouse, rows)
    return rows.length
  })
}

function sameSteps(clickhouse: ClickHouse, inflate: (round: number) => Buffer, seconds: number) {
  return repeat(seconds, async round => {
    const requests = Array.from({ length: 8 }, (_, at) => decodeTraces(inflate(round * 8 + at)))
    const blocks = requests.flatMap(request => spanBlocks(refresh(rowsOf(request))))
    await insertSpanBlocks(clickhouse, { blocks })
    return blocks.reduce((sum, { rows }) => sum + rows, 0)
  })
}

/** Blocks are made before the time is taken. */
async function inserts(clickhouse: ClickHouse, size: number, seconds: number) {
  const next = freshRequests()
  const batch = () => {
    const blocks = Array.from({ length: size / spansPerRequest }, () =>
      spanBlocks(refresh(rowsOf(decodeTraces(next())))),
    )
    return blocks.flat()
  }
  let sum: Measured | undefined
  for (const until = Date.now() + seconds * 1000; !sum || Date.now() < until; ) {
    const blocks = batch()
    const one = await measure(async () => {
      await insertSpanBlocks(clickhouse, { blocks })
      return { spans: size }
    })
    sum = sum ? { ...one, ...addUp(sum, one) } : one
  }
  return sum
}

const addUp = (a: Measured, b: Measured) => ({
  spans: a.spans + b.spans,
  seconds: a.seconds + b.seconds,
  own: a.own + b.own,
  store: a.store + b.store,
})

/** Takes away all spans, so that no round is charged with what another left to be merged. */
async function empty(clickhouse: ClickHouse) {
  await quiet(clickhouse)
  for (const table of ['spans', 'traces']) await clickhouse.command(`truncate table ${table}`)
}

/** CPU seconds of the stores to merge all spans into one part of a month. */
async function merging(clickhouse: ClickHouse, sender = 0): Promise<number> {
  const before = cpuSeconds([sender]).store
  await quiet(clickhouse)
  for (const table of ['spans', 'traces']) await clickhouse.command(`optimize table ${table} final`)
  return cpuSeconds([sender]).store - before
}

const whole = z.object({ n: z.coerce.number() })

/** Waits until nothing is merged any more. */
async function quiet({ query }: ClickHouse) {
  for (let calm = 0; calm < 3; await delay(400)) {
    const [row] = await query({ sql: 'select count() as n from system.merges', row: whole })
    calm = row?.n === 0 ? calm + 1 : 0
  }
}

async function storedSpans({ query }: ClickHouse, projectId: string): Promise<number> {
  const sql = 'select count() as n from spans where project_id = {projectId:String}'
  return (await query({ sql, params: { projectId }, row: whole }))[0]?.n ?? 0
}

async function bytesOnDisk({ query }: ClickHouse): Promise<number> {
  const sql = `
    select sum(bytes_on_disk) / sumIf(rows, table = 'spans') as n
    from system.parts
    where active and table in ('spans', 'traces')`
  return (await query({ sql, row: whole }))[0]?.n ?? 0
}

const mebi = (bytes: number) => (bytes / 2 ** 20).toFixed(0)

function print(rows: Row[]) {
  const base = rows.find(({ form }) => form.startsWith('(a)'))
  const cpu = ({ own, store, spans }: Measured) => ((own + store) * 1e6) / spans
  const ms = (value: number | undefined) => (value === undefined ? '' : value.toFixed(value < 10 ? 1 : 0))
  const wait = ({ waits }: Row, part: number) => (waits ? ms(at(waits, part)) : '')
  console.table(
    rows.map(row => ({
      form: row.form,
      'spans/s': Math.round(row.spans / row.seconds),
      'MB/s': row.bytes ? (row.bytes / row.seconds / 1e6).toFixed(1) : '',
      'CPU us a span': cpu(row).toFixed(1),
      own: ((row.own * 1e6) / row.spans).toFixed(1),
      store: ((row.store * 1e6) / row.spans).toFixed(1),
      'and merged': row.left ? (cpu(row) + (row.left * 1e6) / row.spans).toFixed(1) : '',
      'against (a)': base ? `${(cpu(base) / cpu(row)).toFixed(1)}x less` : '',
      p50: wait(row, 0.5),
      p95: wait(row, 0.95),
      p99: wait(row, 0.99),
      refused: row.refused ?? '',
      'loop p99/max ms': `${ms(row.loopP99)} / ${ms(row.loopMax)}`,
    })),
  )
  const width = Math.max(...rows.map(({ form }) => form.length))
  for (const { form, says } of rows) process.stdout.write(`${form.padEnd(width)}  ${says}\n`)
}
