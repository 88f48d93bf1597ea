import type { Span } from '../db/domain/span.ts'
import { SeenSpans } from './seen-spans.ts'

const maxDepth = 64

/**
 * Finds model calls that only wrap another one: two instrumentations of one call (a framework's and its SDK's) both say
 * `llm` and the same usage. The outer becomes a `chain`, whose usage no sum counts. A child ends before its parent, so it
 * is in the same request or an earlier one.
 */
export class WrapperCalls {
  private readonly aroundCalls: SeenSpans

  constructor(limit?: number) {
    this.aroundCalls = new SeenSpans(limit)
  }

  demote(projectId: string, spans: readonly Span[]) {
    const byId = new Map(spans.map(span => [key(projectId, span, span.spanId), span]))
    for (const span of spans) if (isCall(span) && hasUsage(span)) this.noteAncestors(projectId, span, byId)
    for (const [id, span] of byId) {
      if (!isCall(span) || !this.aroundCalls.has(id)) continue
      span.kind = 'chain'
      span.mappedBy += ', around a call'
    }
  }

  private noteAncestors(projectId: string, call: Span, byId: ReadonlyMap<string, Span>) {
    let at: Span | undefined = call
    for (let depth = 0; at && at.parentSpanId !== '' && depth < maxDepth; depth++) {
      const parent = key(projectId, at, at.parentSpanId)
      this.aroundCalls.add(parent)
      at = byId.get(parent)
    }
  }
}

const key = (projectId: string, { traceId }: Span, spanId: string) => `${projectId}/${traceId}/${spanId}`
const isCall = ({ kind }: Span) => kind === 'llm' || kind === 'embedding'
const hasUsage = ({ inputTokens, outputTokens }: Span) => inputTokens > 0 || outputTokens > 0
