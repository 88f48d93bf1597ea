import { setTimeout as delay } from 'node:timers/promises'
import { z } from 'zod'
import type { ClickHouse } from '../db/clickhouse.ts'
import { dayMs } from '../db/domain/time.ts'
import { readMetrics } from '../db/metrics.ts'
import { createProject } from '../db/projects.ts'
import { getSpan, listSpans } from '../db/trace-spans.ts'
import { findTrace, listTraces, traceFacets } from '../db/traces.ts'
import { readWeeks, watchedMetrics } from '../db/week-over-week.ts'
import { at } from './measure.ts'
import { cpuSeconds } from './processes.ts'
import { fillFromCorpus } from './stored-corpus.ts'
import { withStores } from './stores.ts'

export const defaultAmount = 1_000_000
const days = 30
const rounds = 21

/** How long the questions of the pages take on so many spans of the corpus, spread over 30 days. */
export async function bench(spans: number) {
  await withStores(async ({ clickhouse, postgres }) => {
    const projectId = await createProject(postgres, { name: 'Bench' })
    const end = new Date()
    const began = performance.now()
    await fillFromCorpus(clickhouse, { projectId, spans, days, end })
    await quiet(clickhouse)
    const seconds = ((performance.now() - began) / 1_000).toFixed(0)
    console.log(`${await sizesOf(clickhouse)}; over ${days} days, filled and merged in ${seconds} s`)
    const set = { projectId, from: new Date(end.getTime() - days * dayMs), to: end }
    const known = await knownOf(clickhouse, projectId)
    const window = { projectId, traceId: known.trace, fromMs: known.startMs, toMs: known.startMs + 60_000 }
    const list = (filters: Record<string, string[]>) => () => listTraces(clickhouse, { ...set, filters })
    const work: Record<string, () => Promise<unknown>> = {
      'latest 50 traces': list({}),
      'one model and error': list({ model: [known.model], status: ['error'] }),
      'one user, 30 days': list({ user: [known.user] }),
      'words that stand in many': list({ q: ['the'] }),
      'a word that stands in none': list({ q: ['zyxwvutsrqponm'] }),
      'facets, 30 days': () => traceFacets(clickhouse, { ...set, filters: {} }),
      'a trace by its bare id': () => findTrace(clickhouse, { projectId, traceId: known.trace }),
      'outline of a trace': () => listSpans(clickhouse, window),
      'one span whole': () => getSpan(clickhouse, { ...window, spanId: known.span }),
      'five metrics, 7 days': () =>
        readMetrics(clickhouse, { ...set, from: new Date(end.getTime() - 7 * dayMs) }, watchedMetrics),
      'five metrics, 30 days': () => readMetrics(clickhouse, set, watchedMetrics),
      'week over week, latency': () => readWeeks(clickhouse, { projectId, metric: 'latency', now: end }),
    }
    const told: object[] = []
    for (const [what, read] of Object.entries(work)) told.push({ what, ...(await measureRead(read)) })
    console.table(told)
  })
}

async function measureRead(read: () => Promise<unknown>) {
  await read()
  const times: number[] = []
  const cpu = cpuSeconds().store
  for (let round = 0; round < rounds; round++) {
    const start = performance.now()
    await read()
    times.push(performance.now() - start)
  }
  const storeMs = ((cpuSeconds().store - cpu) * 1_000) / rounds
  times.sort((a, b) => a - b)
  return {
    'median ms': Math.round(at(times, 0.5)),
    'p95 ms': Math.round(at(times, 0.95)),
    'CPU of the store ms': Math.round(storeMs),
  }
}

const count = z.coerce.number()
const facts = z.object({ trace: z.string(), span: z.string(), user: z.string(), model: z.string(), startMs: count })

/** A trace from the midst of them, a usual user and the model that is called most. */
async function knownOf({ query }: ClickHouse, projectId: string) {
  const sql = `
    with calls as (
      select trace_id, span_id, user_id, model, start_time
      from spans
      where project_id = {projectId:String} and kind = 'llm' and user_id != ''
    )
    select
      trace_id as trace,
      span_id as span,
      user_id as user,
      (select model from calls group by model order by count() desc limit 1) as model,
      toUnixTimestamp64Milli(start_time) as startMs
    from calls
    order by abs(dateDiff('second', start_time, (select avg(start_time) from calls)))
    limit 1`
  const [found] = await query({ sql, params: { projectId }, row: facts })
  if (!found) throw new Error('the corpus has no call of a model by a user')
  return found
}

async function sizesOf({ query }: ClickHouse): Promise<string> {
  const sql = `
    select table, sum(rows) as rows, sum(bytes_on_disk) as bytes
    from system.parts
    where active and table in ('spans', 'traces')
    group by table
    order by table`
  const tables = await query({ sql, row: z.object({ table: z.string(), rows: count, bytes: count }) })
  return tables.map(({ table, rows, bytes }) => `${table}: ${rows} rows in ${Math.round(bytes / 1e6)} MB`).join(', ')
}

/** Waits until nothing is merged any more. */
async function quiet({ query }: ClickHouse) {
  for (let calm = 0; calm < 3; await delay(400)) {
    const [row] = await query({ sql: 'select count() as n from system.merges', row: z.object({ n: count }) })
    calm = row?.n === 0 ? calm + 1 : 0
  }
}
