import { stringOf } from '../../db/byte-writer.ts'
import { isTextMap } from '../../db/native.ts'
import type { SpanFields } from '../../db/span-table.ts'
import type { IsEmpty } from '../../db/tool-rules.ts'

/** Of one request; a rule that takes longer leaves the rest as every tool is judged. */
const mostMs = 100

/**
 * Judges tool calls that came back by the rules of their project. A failure stays one, the client's own word stands, and
 * where no result was recorded nothing is said of it.
 */
export function judgeTools(spans: readonly SpanFields[], isEmpty: IsEmpty) {
  const began = performance.now()
  for (const span of spans) {
    if (span.kind !== 'tool' || (span.toolOutcome !== 'ok' && span.toolOutcome !== 'empty')) continue
    if (span.toolOutcome === 'ok' && span.toolResult === '') continue
    if (has(span.attributes, 'davylamp.tool.outcome')) continue
    const empty = isEmpty(span.toolName, stringOf(span.toolResult))
    if (empty !== undefined) span.toolOutcome = empty ? 'empty' : 'ok'
    if (performance.now() - began > mostMs) return
  }
}

const has = (attributes: SpanFields['attributes'], key: string) =>
  isTextMap(attributes) ? attributes.has(key) : Object.hasOwn(attributes, key)
