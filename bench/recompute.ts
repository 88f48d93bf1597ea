import { addOwnPrice } from '../db/own-prices.ts'
import { createProject } from '../db/projects.ts'
import { listRecomputes, queueRecompute } from '../db/recompute-jobs.ts'
import type { Services } from '../db/services.ts'
import { insertSpans, type SpanRow } from '../db/spans.ts'
import { decodeTraces } from '../ingest/otlp/protobuf.ts'
import { recomputeCosts } from '../ingest/recompute.ts'
import { mapRequest } from '../ingest/trace-intake.ts'
import { freshRequests } from './fresh-requests.ts'
import { cpuSeconds } from './processes.ts'
import { withStores } from './stores.ts'

const dayNs = 86_400_000_000_000n
const days = 30

/**
 * How long it takes to compute the costs of so many thousand spans of 30 days again after a change of prices, beside
 * what inserting them took; and what memory it takes.
 */
export async function bench(thousands: number) {
  await withStores(async services => {
    const projectId = await createProject(services.postgres, { name: 'Bench' })
    const [user] = await services.postgres.sql<{ id: string }[]>`
      insert into users (id, name, email) values ('bench', 'Bench', 'bench@example.com') returning id`
    const userId = user?.id ?? ''
    const insert = await timed(() => fill(services, projectId, thousands * 1_000))
    const ask = { projectId, userId, from: new Date(0), to: new Date(Date.now() + 3_600_000) }
    const round = async (name: string, input: number) => {
      const rates = {
        output: input,
        cacheRead: null,
        cacheWrite: null,
        cacheWrite1h: null,
        inputAudio: null,
        reasoning: null,
        outputAudio: null,
        perThousandRequests: null,
      }
      const price = { provider: '', model: '-', match: 'contains' as const, validFrom: null, input, ...rates }
      await addOwnPrice(services.postgres, { projectId, userId, price })
      await queueRecompute(services.postgres, ask)
      const worker = recomputeCosts(services, { pollMs: 50, pricesKnownMs: 0, settleMs: -60_000 })
      const took = await timed(async () => {
        while ((await listRecomputes(services.postgres, projectId))[0]?.status !== 'done')
          await new Promise(resolve => setTimeout(resolve, 50))
      })
      await worker.stop()
      const changed = (await listRecomputes(services.postgres, projectId))[0]?.changed ?? 0
      return { work: name, spans: changed, ...took, 'against inserting': ratio(took.seconds, insert.seconds) }
    }
    console.table([
      { work: 'insert', spans: thousands * 1_000, ...insert, 'against inserting': '1.00x' },
      await round('all costs change', 1),
      await round('and once more', 2),
    ])
  })
}

const ratio = (a: number, b: number) => `${(a / b).toFixed(2)}x`

async function timed(work: () => Promise<unknown>) {
  const began = performance.now()
  const before = cpuSeconds()
  await work()
  const after = cpuSeconds()
  return {
    seconds: Number(((performance.now() - began) / 1000).toFixed(1)),
    'CPU s of the stores': Number((after.store - before.store).toFixed(1)),
    'own memory MB': Math.round(process.memoryUsage().rss / 1e6),
  }
}

/** Spans of the corpus over the last 30 days, none with a cost that its client gave. */
async function fill({ clickhouse }: Services, projectId: string, count: number) {
  const next = freshRequests()
  const rowsPerBlock = 8_192
  for (let done = 0; done < count; done += rowsPerBlock) {
    const rows: SpanRow[] = []
    while (rows.length < rowsPerBlock) rows.push(...mapRequest(decodeTraces(next()), Date.now()).spans.map(asBench))
    await insertSpans(clickhouse, rows)
    function asBench(span: Omit<SpanRow, 'projectId' | 'receivedMs'>): SpanRow {
      const back = BigInt(Math.floor((done / count) * days)) * dayNs
      const times = { startNs: span.startNs - back, endNs: span.endNs - back }
      const cost = { costSource: 'unknown' as const, costNanoUsd: 0n, priceVersion: '' }
      return { ...span, ...times, ...cost, projectId, receivedMs: Date.now() }
    }
  }
}
