import type { Redactor } from '../db/domain/redaction/redactor.ts'
import type { Encoding } from './otlp/answers.ts'
import { decodeTracesJson } from './otlp/json.ts'
import { decodeTraces } from './otlp/protobuf.ts'
import type { OtlpSpan } from './otlp/request.ts'
import { idFault } from './otlp/span-ids.ts'
import { hideInSpan, redactJsonTexts } from './redact-spans.ts'
import { jsonTexts } from './semconv/values.ts'

/** A request larger than this is not read a second time for a sample. */
const mostBytes = 2 << 20
const shownBytes = 256
const shownText = 2_000
const shownAttributes = 20

/** By each reason to reject one, the first such span of a request that can be decoded, as text; redacted by a redactor. */
export function rejectedSpans(body: Buffer, encoding: Encoding, redactor?: Redactor): Map<string, string> {
  const found = new Map<string, string>()
  if (body.length > mostBytes) return found
  const resources = encoding === 'json' ? decodeTracesJson(body) : decodeTraces(body)
  for (const span of resources.flatMap(({ scopes }) => scopes.flatMap(({ spans }) => spans))) {
    const reason = idFault(span)
    if (reason && !found.has(reason)) found.set(reason, spanText(span, redactor))
  }
  return found
}

function spanText(span: OtlpSpan, redactor?: Redactor): string {
  if (redactor) hideInSpan(span, redactor)
  const [traceId, spanId, parentSpanId, name] = [span.traceId, span.spanId, span.parentSpanId, span.name].map(
    text => redactor?.text(text) ?? text,
  )
  const texts = jsonTexts(new Map([...span.attributes].slice(0, shownAttributes)))
  const shown = redactor ? redactJsonTexts(texts, redactor) : texts
  const values = Object.entries(shown).map(([key, value]) => [key.slice(0, 100), value.slice(0, 200)])
  return JSON.stringify({ traceId, spanId, parentSpanId, name, attributes: Object.fromEntries(values) }, null, 2)
}

/** How a request begins: JSON and other text as it is, bytes as a dump of their hex and what of it can be read. */
export function beginningOf(body: Buffer, encoding: Encoding): string {
  if (encoding === 'json') return body.toString('utf8', 0, shownText)
  const lines: string[] = []
  for (let at = 0; at < Math.min(body.length, shownBytes); at += 16) {
    const bytes = body.subarray(at, Math.min(at + 16, body.length))
    const hex = bytes.toString('hex').replace(/(..)(?=.)/g, '$1 ')
    const readable = bytes.toString('latin1').replace(/[^ -~]/g, '·')
    lines.push(`${at.toString(16).padStart(4, '0')}  ${hex.padEnd(47)}  ${readable}`)
  }
  return lines.join('\n')
}
