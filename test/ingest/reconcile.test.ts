import { afterAll, expect, it } from 'vitest'
import { z } from 'zod'
import { openClickHouse } from '../../db/clickhouse.ts'
import { startClickHouse } from '../../db/embedded/clickhouse.ts'
import { createLogger } from '../../db/log.ts'
import { expand, readMigrations, statements } from '../../db/migrate.ts'
import { reconcileTraces } from '../../db/reconcile.ts'
import { insertSpans, type SpanRow } from '../../db/spans.ts'
import { mapResource, mapSpan } from '../../ingest/semconv/map-span.ts'
import { temporaryDir } from '../setup/product.ts'
import { hex, otlpSpan, type PlainSpan } from './otlp-factory.ts'

// A store of its own, since detaching the view stops it for everybody.
const folder = temporaryDir()
const engine = await startClickHouse({ dataDir: folder.path, password: 'secret', log: createLogger('error') })
const clickhouse = openClickHouse({ url: engine.url })
for (const { text } of readMigrations('clickhouse'))
  for (const statement of statements(expand(text))) await clickhouse.command(statement)
afterAll(async () => {
  await clickhouse.close()
  await engine.stop()
  folder.remove()
})

const hourNs = 3_600_000_000_000n
const nowNs = BigInt(Date.now()) * 1_000_000n

/** A span of ten tokens received a minute ago, as it would be stored. */
function row(projectId: string, span: PlainSpan & { traceId?: string; hoursAgo?: number } = {}): SpanRow {
  const { traceId = hex(16), hoursAgo = 1, ...plain } = span
  const startNs = nowNs - BigInt(hoursAgo) * hourNs
  const attributes = {
    'gen_ai.operation.name': 'chat',
    'gen_ai.request.model': 'gpt-4o',
    'gen_ai.usage.input_tokens': 10,
    'session.id': `session of ${traceId}`,
  }
  const otlp = { ...otlpSpan({ attributes, ...plain }), traceId, spanId: hex(8), startNs, endNs: startNs + 1_000_000n }
  const mapped = mapSpan(otlp, { name: '', version: '', spans: [] }, mapResource(new Map()), nowNs)
  return { ...mapped, projectId, receivedMs: Date.now() - 60_000 }
}

const whole = z.coerce.number()
const sums = z.object({ traces: whole, spans: whole, calls: whole, input: whole, errors: whole, sessions: whole })

async function traceSums(projectId: string) {
  const sql = `
    select uniqExact(trace_id) as traces, sum(span_count) as spans, sum(llm_count) as calls,
      sum(input_tokens) as input, sum(error_count) as errors, uniqExactIf(session_id, session_id != '') as sessions
    from traces where project_id = {projectId:String}`
  return (await clickhouse.query({ sql, params: { projectId }, row: sums }))[0]
}

const reconcile = (store: Pick<typeof clickhouse, 'query' | 'command'> = clickhouse, settleMs = 1_000) =>
  reconcileTraces(store, { since: new Date(Date.now() - 600_000), settleMs, pauseMs: 0 })

async function withoutView(work: () => Promise<void>) {
  await clickhouse.command('detach table traces_from_spans')
  await work().finally(() => clickhouse.command('attach table traces_from_spans'))
}

const right = (traces: number, spans: number) => ({
  traces,
  spans,
  calls: spans,
  input: spans * 10,
  errors: 0,
  sessions: traces,
})

it('adds the traces, and the parts of traces, that the view did not see', async () => {
  const seen = Array.from({ length: 20 }, () => row('missed'))
  await insertSpans(clickhouse, seen)
  await withoutView(() =>
    insertSpans(clickhouse, [
      ...seen.slice(0, 5).map(({ traceId }) => row('missed', { traceId })),
      row('missed', { hoursAgo: 30 }),
      row('missed', { hoursAgo: 24 * 400 }),
    ]),
  )
  expect(await traceSums('missed')).toEqual(right(20, 20))
  expect(await reconcile()).toMatchObject({ mended: 7 })
  expect(await traceSums('missed')).toEqual(right(22, 27))
  expect(await reconcile()).toMatchObject({ mended: 0 })
})

it('takes away what was counted twice, in each sum, before and after the store merged', async () => {
  const rows = Array.from({ length: 10 }, () => row('doubled', { statusCode: 2 }))
  await insertSpans(clickhouse, rows)
  await insertSpans(clickhouse, rows.slice(0, 4))
  const truth = { ...right(10, 10), errors: 10 }
  expect(await traceSums('doubled')).toMatchObject({ spans: 14, input: 140, errors: 14 })
  expect(await reconcile()).toMatchObject({ mended: 4 })
  expect(await traceSums('doubled')).toEqual(truth)
  for (const table of ['spans', 'traces']) await clickhouse.command(`optimize table ${table} final`)
  expect(await traceSums('doubled')).toEqual(truth)
  expect(await reconcile()).toMatchObject({ mended: 0 })
})

it('leaves alone what may be half inserted, until it has settled', async () => {
  await withoutView(() => insertSpans(clickhouse, [row('young')]))
  expect(await reconcile(clickhouse, 300_000)).toMatchObject({ mended: 0 })
  expect(await traceSums('young')).toMatchObject({ spans: 0 })
  await reconcile()
  expect(await traceSums('young')).toEqual(right(1, 1))
})

it('comes to the truth when it is killed half-way, or done by two at once', async () => {
  const rows = Array.from({ length: 2_500 }, () => row('cut'))
  await withoutView(() => insertSpans(clickhouse, rows))
  let mends = 0
  const dying = {
    query: clickhouse.query,
    async command(sql: string, params?: Record<string, unknown>) {
      if (mends++ === 1) throw new Error('killed')
      await clickhouse.command(sql, params)
    },
  }
  await expect(reconcile(dying)).rejects.toThrow('killed')
  expect(await traceSums('cut')).toEqual(right(1_000, 1_000))
  await Promise.all([reconcile(), reconcile()])
  await reconcile()
  expect(await traceSums('cut')).toEqual(right(2_500, 2_500))
})

it('mends a trace to which spans are being added, without losing or doubling one of them', async () => {
  const traceIds = Array.from({ length: 50 }, () => hex(16))
  const some = () => traceIds.map(traceId => row('busy', { traceId }))
  await withoutView(() => insertSpans(clickhouse, some()))
  await insertSpans(clickhouse, some())
  let inserting = true
  const passes = async () => {
    while (inserting) await reconcile()
  }
  const running = passes()
  for (let round = 0; round < 15; round++)
    await insertSpans(
      clickhouse,
      some().map(one => ({ ...one, receivedMs: Date.now() })),
    )
  inserting = false
  await running
  await reconcile(clickhouse, -60_000)
  expect(await traceSums('busy')).toEqual(right(50, 50 * 17))
})
