import type { CostOf, Prices } from '../db/costs.ts'
import type { PricedUsage } from '../db/domain/pricing.ts'
import type { Redactor } from '../db/domain/redaction/redactor.ts'
import type { Ledger, LedgerEntry } from '../db/ledger.ts'
import type { Redaction } from '../db/redaction.ts'
import type { SpanFields, SpanRow } from '../db/span-table.ts'
import type { ToolRules } from '../db/tool-rules.ts'
import type { Rejected } from './otlp/answers.ts'
import { finish } from './otlp/finish.ts'
import type { OtlpResourceSpans } from './otlp/request.ts'
import { idFault } from './otlp/span-ids.ts'
import { dropMarks, hideInSpan, hideValues, redactInTurns, redactJsonTexts, rememberedBy } from './redact-spans.ts'
import { mapResource, mapSpan } from './semconv/map-span.ts'
import { judgeTools } from './semconv/tool-judge.ts'
import type { SpanStore, Stored } from './span-store.ts'
import type { TraceFacts } from './trace-facts.ts'
import { inTurns, turn } from './turns.ts'
import type { WrapperCalls } from './wrapper-calls.ts'

export type Sender = { projectId: string; client: string }
/** The bytes of a request: how many there are, and how to free them when nothing refers to them any more. */
export type Body = { bytes: number; free?(): void }
type Parts = {
  prices: Prices
  tools: ToolRules
  redaction: Redaction
  facts: TraceFacts
  wrappers: WrapperCalls
  spans: SpanStore
  ledger: Ledger
}

/** So many spans are mapped or written in one go; then others have their turn. */
const atOnce = 1_024

/**
 * Maps the spans of one decoded request, prices them and stores them; resolves when they are stored, with what was
 * rejected. The body is freed before, once the spans are written, unless some were rejected.
 */
export async function takeTraces(
  resources: OtlpResourceSpans[],
  { projectId, client, bytes, free }: Sender & Body,
  { prices, tools, redaction, facts, wrappers, spans: store, ledger }: Parts,
): Promise<Rejected> {
  const receivedMs = Date.now()
  const redactor = await redaction.of(projectId)
  const { spans, faults } = await mapInTurns(resources, receivedMs, redactor)
  const taken = spans.length
  // A request waits long for the store, and then it is blocks of bytes: its objects live no longer than they must.
  resources.length = 0
  const rejected = [...faults.values()].reduce((sum, count) => sum + count, 0)
  const note = (outcome: LedgerEntry['outcome'], count: number, more = {}) =>
    ledger.record({ projectId, client, item: 'spans', outcome, count, ...more })
  note('received', taken + rejected, { bytes })
  for (const [reason, count] of faults) note('rejected', count, { reason })
  if (taken > 0) {
    const [costOf, isEmpty] = await Promise.all([prices.of(projectId), tools.of(projectId)])
    const remembered = rememberedBy(projectId, redactor)
    for (const some of wholeTraces(spans)) {
      if (some !== spans) await turn()
      facts.fill(remembered, some)
      wrappers.demote(projectId, some)
      if (isEmpty) judgeTools(some, isEmpty)
      for (const span of some) {
        addCost(span, costOf)
        span.projectId = projectId
        span.receivedMs = receivedMs
      }
    }
    if (redactor) await redactInTurns(spans, redactor)
    const outcome = await storeInTurns(store, spans, rejected === 0 ? free : undefined).catch(error => {
      note('rejected', taken, { reason: 'the store is unavailable' })
      throw error
    })
    note('stored', outcome.stored)
    note('duplicate', outcome.duplicate)
    note('spooled', outcome.spooled)
  }
  return { count: rejected, message: [...faults].map(([reason, count]) => `${count} rejected: ${reason}`).join('; ') }
}

type Mapped = { spans: SpanRow[]; faults: Map<string, number> }

/** The spans of a request as they are stored by a project without rules, and how many cannot be, by reason. */
export function mapRequest(resources: OtlpResourceSpans[], receivedMs: number): Mapped {
  const mapped: Mapped = { spans: [], faults: new Map() }
  finish(mapping(resources, receivedMs, mapped))
  return mapped
}

async function mapInTurns(
  resources: OtlpResourceSpans[],
  receivedMs: number,
  redactor: Redactor | undefined,
): Promise<Mapped> {
  const mapped: Mapped = { spans: [], faults: new Map() }
  await inTurns(mapping(resources, receivedMs, mapped, redactor))
  return mapped
}

/** Maps spans, and stops now and then. No column is taken from a value that is hidden. */
function* mapping(
  resources: OtlpResourceSpans[],
  receivedMs: number,
  { spans, faults }: Mapped,
  redactor?: Redactor,
): Generator<void, void> {
  const receivedNs = BigInt(receivedMs) * 1_000_000n
  let count = 0
  for (const { resource, scopes } of resources) {
    const mapped = mapResource(redactor ? hideValues(resource, redactor) : resource)
    if (redactor?.searches) mapped.texts = redactJsonTexts(mapped.texts, redactor)
    for (const scope of scopes) {
      for (const span of scope.spans) {
        const fault = idFault(span)
        if (fault) faults.set(fault, (faults.get(fault) ?? 0) + 1)
        else {
          if (redactor) hideInSpan(span, redactor)
          const row = mapSpan(span, scope, mapped, receivedNs)
          if (redactor) dropMarks(row)
          spans.push(row)
        }
        if (++count % atOnce === 0) yield
      }
    }
  }
}

/** The spans as they are, or in parts where they are many; a trace is in one part. */
function* wholeTraces(spans: SpanRow[]): Generator<SpanRow[], void> {
  if (spans.length <= atOnce) return yield spans
  let part: SpanRow[] = []
  for (const trace of Map.groupBy(spans, ({ traceId }) => traceId).values()) {
    for (const span of trace) part.push(span)
    if (part.length < atOnce) continue
    yield part
    part = []
  }
  if (part.length > 0) yield part
}

async function storeInTurns(store: SpanStore, rows: SpanRow[], free = () => {}): Promise<Stored> {
  const parts: Promise<Stored>[] = []
  const count = rows.length
  let unread = Math.ceil(count / atOnce)
  const read = () => {
    unread -= 1
    if (unread === 0) free()
  }
  for (let at = 0; at < count; at += atOnce) {
    if (at > 0) await turn()
    const part = store.store(rows.slice(at, at + atOnce), read)
    part.catch(() => {})
    parts.push(part)
  }
  rows.length = 0
  const outcome = { stored: 0, duplicate: 0, spooled: 0 }
  for (const part of await allOf(parts)) {
    outcome.stored += part.stored
    outcome.duplicate += part.duplicate
    outcome.spooled += part.spooled
  }
  return outcome
}

/** All, or the first failure when each is over. */
async function allOf<T>(parts: Promise<T>[]): Promise<T[]> {
  await Promise.allSettled(parts)
  return Promise.all(parts)
}

/** A cost that the client gave stands; else it is computed for calls of models, when their price is known. */
function addCost(span: SpanFields, costOf: CostOf) {
  if (span.costSource !== 'unknown' || (span.kind !== 'llm' && span.kind !== 'embedding')) return
  if ((span.inputTokens === 0 && span.outputTokens === 0) || span.priceVersion !== '') return
  const at = new Date(Number(span.startNs / 1_000_000n))
  const { provider, model, modelRequested } = span
  const cost =
    costOf({ ...usageOf(span), provider, model, at }) ??
    costOf({ ...usageOf(span), provider, model: modelRequested, at })
  if (!cost) return
  span.costNanoUsd = cost.nanoUsd
  span.costSource = 'computed'
  span.priceVersion = cost.priceVersion
}

function usageOf(span: SpanFields): PricedUsage {
  const { inputTokens, outputTokens, cacheReadTokens, cacheWriteTokens, reasoningTokens } = span
  const { cacheWrite1hTokens, inputAudioTokens, outputAudioTokens } = span
  const parts = { cacheWrite1hTokens, reasoningTokens, inputAudioTokens, outputAudioTokens }
  return { inputTokens, outputTokens, cacheReadTokens, cacheWriteTokens, ...parts }
}
