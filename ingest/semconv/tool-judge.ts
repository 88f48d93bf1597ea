import type { Span } from '../../db/domain/span.ts'
import type { IsEmpty } from '../../db/tool-rules.ts'

/** Of one request; a rule that takes longer leaves the rest as every tool is judged. */
const mostMs = 100

/**
 * Judges tool calls that came back by the rules of their project. A failure stays one, the client's own word stands, and
 * where no result was recorded nothing is said of it.
 */
export function judgeTools(spans: readonly Span[], isEmpty: IsEmpty) {
  const began = performance.now()
  for (const span of spans) {
    if (span.kind !== 'tool' || (span.toolOutcome !== 'ok' && span.toolOutcome !== 'empty')) continue
    if (span.toolOutcome === 'ok' && span.toolResult === '') continue
    if (Object.hasOwn(span.attributes, 'davylamp.tool.outcome')) continue
    const empty = isEmpty(span.toolName, span.toolResult)
    if (empty !== undefined) span.toolOutcome = empty ? 'empty' : 'ok'
    if (performance.now() - began > mostMs) return
  }
}
