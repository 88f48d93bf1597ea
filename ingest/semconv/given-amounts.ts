import type { Span } from '../../db/domain/span.ts'
import type { OtlpSpan } from '../otlp/request.ts'
import type { FoundColumns } from './find-columns.ts'
import { costDetails } from './usage-details.ts'
import { amount, text } from './values.ts'

/** The cost that the client gave, if any. */
export function costOf(found: FoundColumns): Pick<Span, 'costNanoUsd' | 'costSource'> {
  const usd = amount(found.value('costUsd')) ?? costDetails(found)
  if (usd === undefined || usd < 0 || usd > 1e9) return { costNanoUsd: 0n, costSource: 'unknown' }
  return { costNanoUsd: BigInt(Math.round(usd * 1e9)), costSource: 'given' }
}

/** OpenInference marks the moment by an event. */
const firstToken = 'First Token Stream Event'

/** Milliseconds to the first token. Langfuse gives a moment, as a quoted ISO text, in place of a duration. */
export function ttftOf(span: OtlpSpan, found: FoundColumns, startNs: bigint): number | null {
  const ms = amount(found.value('ttftMs'))
  if (ms !== undefined) return Math.max(ms, 0)
  const seconds = amount(found.value('ttftSeconds'))
  if (seconds !== undefined) return Math.max(seconds * 1000, 0)
  const told = text(found.value('completionStart'))
  const moment = told === '' ? Number.NaN : Date.parse(told.replaceAll('"', ''))
  if (!Number.isNaN(moment)) return Math.max(moment - Number(startNs / 1000n) / 1000, 0)
  const event = span.events.find(({ name }) => name === firstToken)
  return event ? Math.max(Number(event.timeNs - span.startNs) / 1e6, 0) : null
}
