import type { ClickHouse } from '../../../db/clickhouse.ts'
import { viewOfPayloads } from '../../../db/domain/payload-view.ts'
import { sessionTraces } from '../../../db/sessions.ts'
import { listSignals } from '../../../db/signals.ts'
import {
  getSpan,
  lastReceived,
  listSpans,
  type SpanDetail,
  type SpanOutline,
  type TraceWindow,
} from '../../../db/trace-spans.ts'
import { findTrace, type TraceSummary } from '../../../db/traces.ts'

/** A trace with its spans' outlines, what people said, the rest of its session, and one span whole. */
export async function readTrace(clickhouse: ClickHouse, projectId: string, traceId: string, spanId: string | null) {
  const trace = await findTrace(clickhouse, { projectId, traceId })
  if (!trace) return null
  const window = windowOf(projectId, trace)
  const [spans, growth, signals, session] = await Promise.all([
    listSpans(clickhouse, window),
    growthOf(clickhouse, projectId, trace),
    listSignals(clickhouse, { projectId, traceId }),
    trace.sessionId
      ? sessionTraces(clickhouse, { projectId, sessionId: trace.sessionId, aroundMs: trace.startedMs })
      : [],
  ])
  const chosen = spans.find(span => span.spanId === spanId) ?? firstShown(spans)
  const span = chosen ? await getSpan(clickhouse, { ...window, spanId: chosen.spanId }) : null
  const turns = session.map(({ traceId, name, input, status }) => ({ traceId, name, input, status }))
  return { trace, spans, growth, signals, turns, span: span && viewOfPayloads(span) }
}

/** What a trace amounts to, without its spans: its page asks for this until nothing more is expected. */
export async function readGrowth(clickhouse: ClickHouse, projectId: string, traceId: string) {
  const trace = await findTrace(clickhouse, { projectId, traceId })
  return trace && growthOf(clickhouse, projectId, trace)
}

/** For so long after spans came others may follow: another process's, or those still on their way to the store. */
const settledMs = 15_000

async function growthOf(clickhouse: ClickHouse, projectId: string, trace: TraceSummary) {
  const { traceId, spans, status, lastEndMs, negative, positive, comments } = trace
  const live =
    status === 'running' || (await lastReceived(clickhouse, windowOf(projectId, trace))) > Date.now() - settledMs
  return { traceId, live, mark: [spans, status, lastEndMs, negative, positive, comments].join() }
}

/** `mark` differs once something came; `live` while something may. */
export type Growth = Awaited<ReturnType<typeof growthOf>>

/** A span with its payloads as a page shows them. */
export type ShownSpan = ReturnType<typeof viewOfPayloads<SpanDetail>>

export type TraceData = NonNullable<Awaited<ReturnType<typeof readTrace>>> & { projectId: string }

/** Bounds in time within which all spans of the trace began. */
export function windowOf(projectId: string, trace: TraceSummary): TraceWindow {
  return { projectId, traceId: trace.traceId, fromMs: trace.startedMs, toMs: trace.lastEndMs }
}

/** What the page opens on: the root, or the first span while there is none. */
const firstShown = (spans: SpanOutline[]) => spans.find(span => span.parentSpanId === '') ?? spans[0]
