import type { ClickHouse } from '../../../db/clickhouse.ts'
import { viewOfPayloads } from '../../../db/domain/payload-view.ts'
import { sessionTraces } from '../../../db/sessions.ts'
import { listSignals } from '../../../db/signals.ts'
import { getSpan, listSpans, type SpanDetail, type SpanOutline, type TraceWindow } from '../../../db/trace-spans.ts'
import { findTrace, type TraceSummary } from '../../../db/traces.ts'

/** A trace with its spans' outlines, what people said, the rest of its session, and one span whole. */
export async function readTrace(clickhouse: ClickHouse, projectId: string, traceId: string, spanId: string | null) {
  const trace = await findTrace(clickhouse, { projectId, traceId })
  if (!trace) return null
  const window = windowOf(projectId, trace)
  const [spans, signals, session] = await Promise.all([
    listSpans(clickhouse, window),
    listSignals(clickhouse, { projectId, traceId }),
    trace.sessionId
      ? sessionTraces(clickhouse, { projectId, sessionId: trace.sessionId, aroundMs: trace.startedMs })
      : [],
  ])
  const chosen = spans.find(span => span.spanId === spanId) ?? firstShown(spans)
  const span = chosen ? await getSpan(clickhouse, { ...window, spanId: chosen.spanId }) : null
  const turns = session.map(({ traceId, name, input, status }) => ({ traceId, name, input, status }))
  return { trace, spans, signals, turns, span: span && viewOfPayloads(span) }
}

/** A span with its payloads as a page shows them. */
export type ShownSpan = ReturnType<typeof viewOfPayloads<SpanDetail>>

export type TraceData = NonNullable<Awaited<ReturnType<typeof readTrace>>> & { projectId: string }

/** Bounds in time within which all spans of the trace began. */
export function windowOf(projectId: string, trace: TraceSummary): TraceWindow {
  return { projectId, traceId: trace.traceId, fromMs: trace.startedMs, toMs: trace.lastEndMs }
}

/** What the page opens on: the root, or the first span while there is none. */
const firstShown = (spans: SpanOutline[]) => spans.find(span => span.parentSpanId === '') ?? spans[0]
