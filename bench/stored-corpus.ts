import type { ClickHouse } from '../db/clickhouse.ts'
import { dayMs } from '../db/domain/time.ts'
import { insertSpans, type SpanRow } from '../db/spans.ts'
import { decodeTraces } from '../ingest/otlp/protobuf.ts'
import { mapRequest } from '../ingest/trace-intake.ts'
import { freshRequests, spansPerRequest } from './fresh-requests.ts'

const requestsAtATime = 32

/** Fills a project with spans of the corpus, evenly over the days before `end`, each request a moment of its own. */
export async function fillFromCorpus(
  clickhouse: ClickHouse,
  { projectId, spans, days, end }: { projectId: string; spans: number; days: number; end: Date },
): Promise<void> {
  const next = freshRequests()
  const requests = Math.ceil(spans / spansPerRequest)
  for (let from = 0; from < requests; from += requestsAtATime) {
    const rows: SpanRow[] = []
    for (let request = from; request < Math.min(requests, from + requestsAtATime); request++) {
      const back = BigInt(Math.round(days * dayMs * (1 - (request + 1) / requests))) * 1_000_000n
      const receivedMs = end.getTime() - Number(back / 1_000_000n)
      for (const span of mapRequest(decodeTraces(next()), Date.now()).spans) {
        span.startNs -= back
        span.endNs -= back
        rows.push(Object.assign(span, { projectId, receivedMs }))
      }
    }
    await insertSpans(clickhouse, rows)
  }
}
