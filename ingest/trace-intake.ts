import type { CostOf, Prices } from '../db/costs.ts'
import type { Span } from '../db/domain/span.ts'
import type { Ledger, LedgerEntry } from '../db/ledger.ts'
import type { SpanRow } from '../db/spans.ts'
import type { ToolRules } from '../db/tool-rules.ts'
import type { Batcher } from './batch.ts'
import type { Rejected } from './otlp/answers.ts'
import type { OtlpResourceSpans } from './otlp/request.ts'
import { idFault } from './otlp/span-ids.ts'
import { mapResource, mapSpan } from './semconv/map-span.ts'
import { judgeTools } from './semconv/tool-judge.ts'
import type { TraceFacts } from './trace-facts.ts'
import type { WrapperCalls } from './wrapper-calls.ts'

export type Sender = { projectId: string; client: string }
type Parts = {
  prices: Prices
  tools: ToolRules
  facts: TraceFacts
  wrappers: WrapperCalls
  batcher: Batcher
  ledger: Ledger
}

/**
 * Maps the spans of one decoded request, prices them and stores them; resolves when they are stored, with what was
 * rejected. `bytes` is the inflated size of the request.
 */
export async function takeTraces(
  resources: OtlpResourceSpans[],
  { projectId, client, bytes }: Sender & { bytes: number },
  { prices, tools, facts, wrappers, batcher, ledger }: Parts,
): Promise<Rejected> {
  const receivedMs = Date.now()
  const { spans, faults } = mapRequest(resources, receivedMs)
  const rejected = [...faults.values()].reduce((sum, count) => sum + count, 0)
  const note = (outcome: LedgerEntry['outcome'], count: number, more = {}) =>
    ledger.record({ projectId, client, item: 'spans', outcome, count, ...more })
  note('received', spans.length + rejected, { bytes })
  for (const [reason, count] of faults) note('rejected', count, { reason })
  if (spans.length > 0) {
    facts.fill(projectId, spans)
    wrappers.demote(projectId, spans)
    const [costOf, isEmpty] = await Promise.all([prices.of(projectId), tools.of(projectId)])
    for (const span of spans) addCost(span, costOf)
    if (isEmpty) judgeTools(spans, isEmpty)
    const rows: SpanRow[] = spans.map(span => Object.assign(span, { projectId, receivedMs }))
    const { stored, duplicate, spooled } = await batcher.add(rows, bytes).catch(error => {
      note('rejected', rows.length, { reason: 'the store is unavailable' })
      throw error
    })
    note('stored', stored)
    note('duplicate', duplicate)
    note('spooled', spooled)
  }
  return { count: rejected, message: [...faults].map(([reason, count]) => `${count} rejected: ${reason}`).join('; ') }
}

/** The spans of a request as they are stored, and how many cannot be, by reason. */
export function mapRequest(resources: OtlpResourceSpans[], receivedMs: number) {
  const receivedNs = BigInt(receivedMs) * 1_000_000n
  const spans: Span[] = []
  const faults = new Map<string, number>()
  for (const { resource, scopes } of resources) {
    const mapped = mapResource(resource)
    for (const scope of scopes) {
      for (const span of scope.spans) {
        const fault = idFault(span)
        if (fault) faults.set(fault, (faults.get(fault) ?? 0) + 1)
        else spans.push(mapSpan(span, scope, mapped, receivedNs))
      }
    }
  }
  return { spans, faults }
}

/** A cost that the client gave stands; else it is computed for calls of models, when their price is known. */
function addCost(span: Span, costOf: CostOf) {
  if (span.costSource !== 'unknown' || (span.kind !== 'llm' && span.kind !== 'embedding')) return
  if (span.inputTokens === 0 && span.outputTokens === 0) return
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

function usageOf({ inputTokens, outputTokens, cacheReadTokens, cacheWriteTokens, reasoningTokens }: Span) {
  return { inputTokens, outputTokens, cacheReadTokens, cacheWriteTokens, reasoningTokens }
}
