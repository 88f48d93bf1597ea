import { randomBytes } from 'node:crypto'
import { gzipSync } from 'node:zlib'
import { packRows, unpackRows } from '../db/domain/packed-rows.ts'
import { buildSpanTree, treeRows } from '../db/domain/span-tree.ts'
import { insertSpans, type SpanRow } from '../db/spans.ts'
import { listSpans, type SpanOutline } from '../db/trace-spans.ts'
import { decodeTraces } from '../ingest/otlp/protobuf.ts'
import { mapRequest } from '../ingest/trace-intake.ts'
import { freshRequests } from './fresh-requests.ts'
import { withStores } from './stores.ts'

export const defaultAmount = 50

/**
 * What it takes to open traces of two thousand and of so many thousand spans: reading their outlines, handing them to
 * the page (as objects in JSON, the baseline, and packed by columns), and laying out the tree there.
 */
export async function bench(thousands: number) {
  await withStores(async ({ clickhouse }) => {
    const rows = []
    for (const spans of [2_000, thousands * 1_000]) {
      const traceId = randomBytes(16).toString('hex')
      const stored = spansOf(traceId, spans)
      for (let at = 0; at < spans; at += 8_192) await insertSpans(clickhouse, stored.slice(at, at + 8_192))
      const starts = stored.map(({ startNs }) => Number(startNs / 1_000_000n))
      const window = {
        projectId: 'bench',
        traceId,
        fromMs: Math.min(...starts.slice(0, 1)),
        toMs: Math.max(...starts.slice(-1)),
      }
      const read = await timed(() => listSpans(clickhouse, window))
      const json = await timed(async () => JSON.stringify(read.result))
      const packed = await timed(async () => packRows(read.result))
      const unpacked = await timed(async () => unpackRows<SpanOutline>(packed.result))
      const laidOut = await timed(async () => treeRows(buildSpanTree(unpacked.result), new Set()))
      rows.push({
        spans: laidOut.result.length,
        'read ms': read.ms,
        'JSON ms': json.ms,
        'pack ms': packed.ms,
        'JSON MB': megabytes(json.result),
        'packed MB': megabytes(packed.result),
        'gzip MB': Number((gzipSync(packed.result, { level: 6 }).length / 1e6).toFixed(2)),
        'unpack ms': unpacked.ms,
        'tree ms': laidOut.ms,
      })
    }
    console.table(rows)
  })
}

const megabytes = (text: string) => Number((text.length / 1e6).toFixed(2))

async function timed<T>(work: () => Promise<T>) {
  const began = performance.now()
  const result = await work()
  return { result, ms: Math.round(performance.now() - began) }
}

/** Spans of the corpus as one trace, one after another. */
function spansOf(traceId: string, count: number): SpanRow[] {
  const { spans } = mapRequest(decodeTraces(freshRequests()()), Date.now())
  const first = BigInt(Date.now() - 3_600_000) * 1_000_000n
  const root = randomBytes(8).toString('hex')
  return Array.from({ length: count }, (_, at) => {
    const span = spans[at % spans.length]!
    const startNs = first + BigInt(at) * 50_000_000n
    const ids = {
      traceId,
      spanId: at === 0 ? root : randomBytes(8).toString('hex'),
      parentSpanId: at === 0 ? '' : root,
    }
    return { ...span, ...ids, startNs, endNs: startNs + 40_000_000n, projectId: 'bench', receivedMs: Date.now() }
  })
}
