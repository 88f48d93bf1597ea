import { randomBytes } from 'node:crypto'
import type { ClickHouse } from '../db/clickhouse.ts'
import type { Span } from '../db/domain/span.ts'
import { insertSpans } from '../db/spans.ts'

export const newTraceId = () => randomBytes(16).toString('hex')
export const newSpanId = () => randomBytes(8).toString('hex')

export type SpanFields = Partial<Span> & { /** Start, instead of `startNs`. */ at?: Date; durationMs?: number }

/** A span of now that lasted a second, with what is given in place of the defaults. */
export function span({ at = new Date(), durationMs = 1000, ...given }: SpanFields = {}): Span {
  const startNs = given.startNs ?? BigInt(at.getTime()) * 1_000_000n
  return {
    traceId: newTraceId(),
    spanId: newSpanId(),
    parentSpanId: '',
    name: 'step',
    kind: 'chain',
    startNs,
    endNs: startNs + BigInt(Math.round(durationMs * 1e6)),
    status: 'unset',
    statusMessage: '',
    service: 'shop',
    environment: '',
    release: '',
    scopeName: '',
    scopeVersion: '',
    mappedBy: '',
    sessionId: '',
    userId: '',
    conversationId: '',
    workflow: '',
    workflowVersion: '',
    runId: '',
    serving: '',
    featureFlags: {},
    tags: [],
    provider: '',
    modelRequested: '',
    model: '',
    params: '',
    input: '',
    output: '',
    inputTokens: 0,
    outputTokens: 0,
    cacheReadTokens: 0,
    cacheWriteTokens: 0,
    cacheWrite1hTokens: 0,
    inputAudioTokens: 0,
    outputAudioTokens: 0,
    reasoningTokens: 0,
    costNanoUsd: 0n,
    costSource: 'unknown',
    priceVersion: '',
    ttftMs: null,
    finishReasons: [],
    promptName: '',
    promptVersion: '',
    toolName: '',
    toolCallId: '',
    toolArguments: '',
    toolResult: '',
    toolOutcome: '',
    attributes: {},
    resource: {},
    events: [],
    links: [],
    droppedAttributes: 0,
    droppedEvents: 0,
    droppedLinks: 0,
    clockFlags: [],
    ...given,
  }
}

/** A model call of a known price. */
export function modelCall({ costUsd = 0.001, ...given }: SpanFields & { costUsd?: number | null } = {}): Span {
  const priced =
    costUsd === null ? {} : { costSource: 'computed' as const, costNanoUsd: BigInt(Math.round(costUsd * 1e9)) }
  const model = given.model ?? 'gpt-4.1-mini-2025-04-14'
  return span({
    name: `chat ${model}`,
    kind: 'llm',
    provider: 'openai',
    model,
    modelRequested: model,
    inputTokens: 900,
    outputTokens: 100,
    ...priced,
    ...given,
  })
}

export function toolCall(given: SpanFields & { toolName: string }): Span {
  return span({ name: `execute_tool ${given.toolName}`, kind: 'tool', toolOutcome: 'ok', ...given })
}

/** A root and its children, on which the trace's facts (user, session, workflow, flags) are repeated as ingest does. */
export function trace(root: SpanFields = {}, children: Span[] = []): Span[] {
  const top = span({ name: 'invoke_workflow', status: 'ok', ...root })
  const { traceId, sessionId, userId, workflow, workflowVersion, runId, serving, environment, release, featureFlags } =
    top
  const facts = {
    traceId,
    sessionId,
    userId,
    workflow,
    workflowVersion,
    runId,
    serving,
    environment,
    release,
    featureFlags,
  }
  return [top, ...children.map(child => ({ ...child, ...facts, parentSpanId: child.parentSpanId || top.spanId }))]
}

export function storeSpans(clickhouse: ClickHouse, projectId: string, spans: Span[]) {
  return insertSpans(
    clickhouse,
    spans.map(span => ({ ...span, projectId, receivedMs: Date.now() })),
  )
}

export type SignalFields = {
  traceId: string
  kind: string
  id?: string
  value?: number
  polarity?: -1 | 0 | 1
  comment?: string
  action?: string
  userId?: string
  at?: Date
}

export async function insertSignals(clickhouse: ClickHouse, projectId: string, signals: SignalFields[]) {
  await clickhouse.insertRows({
    table: 'signals',
    rows: signals.map(
      ({ traceId, kind, id = newSpanId(), value, polarity = 0, comment = '', action = '', userId = '', at }) => ({
        project_id: projectId,
        trace_id: traceId,
        id,
        user_id: userId,
        kind,
        value: value ?? 'nan',
        polarity,
        action,
        comment,
        at: String(at?.getTime() ?? Date.now()),
        source: 'test',
      }),
    ),
  })
}

/** All that an async iterable gives. */
export async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = []
  for await (const item of items) found.push(item)
  return found
}
