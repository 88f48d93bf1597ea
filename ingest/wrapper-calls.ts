import type { SpanFields } from '../db/span-table.ts'
import { RecentSpans } from './recent-spans.ts'

const maxDepth = 64

/**
 * Finds model calls that only wrap another one: two instrumentations of one call (a framework's and its SDK's) both say
 * `llm` and the same usage. The outer becomes a `chain`, whose usage no sum counts. A child ends before its parent, so it
 * is in the same request or an earlier one.
 */
export class WrapperCalls {
  private readonly aroundCalls: RecentSpans

  constructor(limit = 100_000) {
    this.aroundCalls = new RecentSpans(limit)
  }

  demote(projectId: string, spans: readonly SpanFields[]) {
    const calls = spans.filter(isCall)
    if (calls.length === 0) return
    const byId = new Map(spans.map(span => [span.traceId + span.spanId, span]))
    for (const call of calls) if (hasUsage(call)) this.noteAncestors(projectId, call, byId)
    for (const span of calls) {
      if (!this.aroundCalls.has({ projectId, traceId: span.traceId, spanId: span.spanId })) continue
      span.kind = 'chain'
      span.mappedBy += ', around a call'
    }
  }

  private noteAncestors(projectId: string, call: SpanFields, byId: ReadonlyMap<string, SpanFields>) {
    const { traceId } = call
    let at: SpanFields | undefined = call
    for (let depth = 0; at && at.parentSpanId !== '' && depth < maxDepth; depth++) {
      this.aroundCalls.add({ projectId, traceId, spanId: at.parentSpanId })
      at = byId.get(traceId + at.parentSpanId)
    }
  }
}

const isCall = ({ kind }: SpanFields) => kind === 'llm' || kind === 'embedding'
const hasUsage = ({ inputTokens, outputTokens }: SpanFields) => inputTokens > 0 || outputTokens > 0
