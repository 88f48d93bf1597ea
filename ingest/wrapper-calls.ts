import type { SpanFields } from '../db/span-table.ts'
import { RecentSpans } from './recent-spans.ts'

const maxDepth = 64

type CallKind = 'llm' | 'embedding'
type Call = SpanFields & { kind: CallKind }

/**
 * Finds model calls that only wrap another one: two instrumentations of one call (a framework's and its SDK's) both say
 * `llm` and the same usage. The outer becomes a `chain`, whose usage no sum counts. A call that a tool makes which runs
 * within a call is one of its own, and so is a call of another kind. A child ends before its parent, so it is in the same
 * request or an earlier one.
 */
export class WrapperCalls {
  private readonly around: Record<CallKind, RecentSpans>

  constructor(limit = 100_000) {
    this.around = { llm: new RecentSpans(limit), embedding: new RecentSpans(limit) }
  }

  demote(projectId: string, spans: readonly SpanFields[]) {
    const calls = spans.filter(isCall)
    if (calls.length === 0) return
    const byId = new Map(spans.map(span => [span.traceId + span.spanId, span]))
    for (const call of calls) if (hasUsage(call)) this.noteAncestors(projectId, call, byId)
    for (const span of calls) {
      const { traceId, spanId } = span
      if (this.around[span.kind].has({ projectId, traceId, spanId })) makeChain(span)
    }
  }

  private noteAncestors(projectId: string, call: Call, byId: ReadonlyMap<string, SpanFields>) {
    const { traceId, kind } = call
    let at: SpanFields | undefined = call
    for (let depth = 0; at && at.parentSpanId !== '' && at.kind !== 'tool' && depth < maxDepth; depth++) {
      this.around[kind].add({ projectId, traceId, spanId: at.parentSpanId })
      at = byId.get(traceId + at.parentSpanId)
    }
  }
}

function makeChain(span: SpanFields) {
  span.kind = 'chain'
  span.mappedBy += ', around a call'
}

const isCall = (span: SpanFields): span is Call => span.kind === 'llm' || span.kind === 'embedding'
const hasUsage = ({ inputTokens, outputTokens }: SpanFields) => inputTokens > 0 || outputTokens > 0
