import { z } from 'zod'
import type { ClickHouse } from './clickhouse.ts'
import { costSources, spanKinds, spanStatuses, toolOutcomes } from './domain/span.ts'
import { mostSpansShown } from './domain/span-tree.ts'
import { restoreSpan } from './payloads.ts'
import { listLoggedEvents, type SpanLogs } from './span-events.ts'

const count = z.coerce.number()

/** What a query needs to find a trace's spans without looking elsewhere: its project, id and bounds in time. */
export type TraceWindow = { projectId: string; traceId: string; fromMs: number; toMs: number }

const spanRow = z
  .object({
    span_id: z.string(),
    parent_span_id: z.string(),
    name: z.string(),
    kind: z.enum(spanKinds).catch('other'),
    start_ns: z.string(),
    duration_ns: count,
    status: z.enum(spanStatuses).catch('unset'),
    service: z.string(),
    model: z.string(),
    input_tokens: count,
    output_tokens: count,
    cost_nano_usd: count,
    cost_source: z.enum(costSources).catch('unknown'),
    ttft_ms: count,
    tool_name: z.string(),
    tool_outcome: z.enum(toolOutcomes).catch(''),
    serving: z.string(),
  })
  .transform(row => ({
    spanId: row.span_id,
    parentSpanId: row.parent_span_id,
    name: row.name,
    kind: row.kind,
    startNs: row.start_ns,
    durationMs: row.duration_ns / 1e6,
    status: row.status,
    service: row.service,
    model: row.model,
    inputTokens: row.input_tokens,
    outputTokens: row.output_tokens,
    /** Null when it is not known. */
    costUsd: row.cost_source === 'unknown' ? null : row.cost_nano_usd / 1e9,
    ttftMs: row.ttft_ms < 0 ? null : row.ttft_ms,
    toolName: row.tool_name,
    toolOutcome: row.tool_outcome,
    serving: row.serving,
  }))

/** A span without its payloads, enough to draw the tree. */
export type SpanOutline = z.output<typeof spanRow>

const outlineColumns = `
  span_id, parent_span_id, name, kind, toString(toUnixTimestamp64Nano(start_time)) as start_ns,
  toUnixTimestamp64Nano(end_time) - toUnixTimestamp64Nano(start_time) as duration_ns,
  status, service, if(model = '', model_requested, model) as model, input_tokens, output_tokens,
  cost_nano_usd, cost_source, ttft_ms, tool_name, tool_outcome, serving`

const inWindow = `project_id = {project:String}
  and start_time >= fromUnixTimestamp64Milli({from_ms:Int64}, 'UTC')
  and start_time <= fromUnixTimestamp64Milli({to_ms:Int64}, 'UTC') + interval 1 second
  and trace_id = {trace:String}`

const windowParams = ({ projectId, traceId, fromMs, toMs }: TraceWindow) => ({
  project: projectId,
  trace: traceId,
  from_ms: Math.floor(fromMs),
  to_ms: Math.ceil(toMs),
})

/** The spans of a trace by start, each once even where a copy waits for its merge; at most `mostSpansShown`. */
export function listSpans(clickhouse: ClickHouse, window: TraceWindow): Promise<SpanOutline[]> {
  return clickhouse.query({
    sql: `
select ${outlineColumns}
from spans
where ${inWindow}
order by start_time, span_id
limit 1 by span_id
limit {limit:UInt32}`,
    params: { ...windowParams(window), limit: mostSpansShown },
    row: spanRow,
  })
}

/** When the newest span of the trace was received, by the clock of ingest, in epoch ms; 0 without spans. */
export async function lastReceived(clickhouse: ClickHouse, window: TraceWindow): Promise<number> {
  const [row] = await clickhouse.query({
    sql: `select toUnixTimestamp64Milli(max(received_at)) as received_ms from spans where ${inWindow}`,
    params: windowParams(window),
    row: z.object({ received_ms: count }),
  })
  return row?.received_ms ?? 0
}

const texts = z.record(z.string(), z.string())
const eventList = z.array(z.object({ name: z.string(), timeNs: z.coerce.string(), attributes: texts.default({}) }))
const linkList = z.array(z.object({ traceId: z.string(), spanId: z.string(), attributes: texts.default({}) }))

const detailRow = z
  .object({
    end_ns: z.string(),
    status_message: z.string(),
    environment: z.string(),
    release: z.string(),
    scope_name: z.string(),
    scope_version: z.string(),
    mapped_by: z.string(),
    session_id: z.string(),
    user_id: z.string(),
    conversation_id: z.string(),
    workflow: z.string(),
    workflow_version: z.string(),
    run_id: z.string(),
    feature_flags: texts,
    tags: z.array(z.string()),
    provider: z.string(),
    model_requested: z.string(),
    params: z.string(),
    input: z.string(),
    output: z.string(),
    cache_read_tokens: count,
    cache_write_tokens: count,
    cache_write_1h_tokens: count,
    reasoning_tokens: count,
    input_audio_tokens: count,
    output_audio_tokens: count,
    price_version: z.string(),
    finish_reasons: z.array(z.string()),
    prompt_name: z.string(),
    prompt_version: z.string(),
    tool_call_id: z.string(),
    tool_arguments: z.string(),
    tool_result: z.string(),
    attributes: texts,
    resource: z.string(),
    events: z.string(),
    links: z.string(),
    dropped_attributes: count,
    dropped_events: count,
    dropped_links: count,
    clock_flags: z.array(z.string()),
    cost_source_text: z.enum(costSources).catch('unknown'),
  })
  .transform(row => ({
    endNs: row.end_ns,
    statusMessage: row.status_message,
    environment: row.environment,
    release: row.release,
    scopeName: row.scope_name,
    scopeVersion: row.scope_version,
    mappedBy: row.mapped_by,
    sessionId: row.session_id,
    userId: row.user_id,
    conversationId: row.conversation_id,
    workflow: row.workflow,
    workflowVersion: row.workflow_version,
    runId: row.run_id,
    featureFlags: row.feature_flags,
    tags: row.tags,
    provider: row.provider,
    modelRequested: row.model_requested,
    params: row.params,
    input: row.input,
    output: row.output,
    cacheReadTokens: row.cache_read_tokens,
    cacheWriteTokens: row.cache_write_tokens,
    cacheWrite1hTokens: row.cache_write_1h_tokens,
    reasoningTokens: row.reasoning_tokens,
    inputAudioTokens: row.input_audio_tokens,
    outputAudioTokens: row.output_audio_tokens,
    costSource: row.cost_source_text,
    priceVersion: row.price_version,
    finishReasons: row.finish_reasons,
    promptName: row.prompt_name,
    promptVersion: row.prompt_version,
    toolCallId: row.tool_call_id,
    toolArguments: row.tool_arguments,
    toolResult: row.tool_result,
    attributes: row.attributes,
    resource: readJson(texts, row.resource) ?? {},
    events: readJson(eventList, row.events) ?? [],
    links: readJson(linkList, row.links) ?? [],
    droppedAttributes: row.dropped_attributes,
    droppedEvents: row.dropped_events,
    droppedLinks: row.dropped_links,
    clockFlags: row.clock_flags,
  }))

const detailColumns = `
  toString(toUnixTimestamp64Nano(end_time)) as end_ns, status_message, environment, release, scope_name,
  scope_version, mapped_by, session_id, user_id, conversation_id, workflow, workflow_version, run_id, feature_flags,
  tags, provider, model_requested, params, input, output, cache_read_tokens, cache_write_tokens,
  cache_write_1h_tokens, reasoning_tokens, input_audio_tokens, output_audio_tokens, price_version, finish_reasons, prompt_name, prompt_version, tool_call_id, tool_arguments, tool_result, attributes,
  resource, events, links, dropped_attributes, dropped_events, dropped_links, clock_flags,
  cost_source as cost_source_text`

const wholeRow = z.unknown().transform(row => ({ ...spanRow.parse(row), ...detailRow.parse(row) }))

/** A span with all that was sent with it; attribute values are JSON texts, payloads are whole. */
export type SpanDetail = SpanOutline & z.output<typeof detailRow>

/** One span whole, or null when the trace has none with this id. */
export async function getSpan(
  clickhouse: ClickHouse,
  { spanId, ...window }: TraceWindow & { spanId: string },
): Promise<SpanDetail | null> {
  const spans = clickhouse.query({
    sql: `
select ${outlineColumns}, ${detailColumns}
from spans
where ${inWindow}
  and span_id = {span:String}
limit 1`,
    params: { ...windowParams(window), span: spanId },
    row: wholeRow,
  })
  const [[span], logs] = await Promise.all([spans, listLoggedEvents(clickhouse, { ...window, spanId })])
  return span ? withLogs(await restoreSpan(clickhouse, window.projectId, span), logs.get(spanId)) : null
}

/**
 * All spans of a trace whole, by start, for an export: one after another as they are read, since together they may be
 * larger than memory.
 */
export async function* exportSpans(clickhouse: ClickHouse, window: TraceWindow): AsyncGenerator<SpanDetail> {
  const logs = await listLoggedEvents(clickhouse, window)
  const rows = clickhouse.stream({
    sql: `
select ${outlineColumns}, ${detailColumns}
from spans
where ${inWindow}
order by start_time, span_id
limit 1 by span_id`,
    params: windowParams(window),
    row: wholeRow,
  })
  for await (const span of rows)
    yield withLogs(await restoreSpan(clickhouse, window.projectId, span), logs.get(span.spanId))
}

/** Events that came as logs stand among the span's own, and tell its input and output where it does not itself. */
function withLogs(span: SpanDetail, logs: SpanLogs | undefined): SpanDetail {
  if (!logs) return span
  const events = [...span.events, ...logs.events]
  events.sort((a, b) => Number(BigInt(a.timeNs) - BigInt(b.timeNs)))
  return { ...span, events, input: span.input || logs.input, output: span.output || logs.output }
}

/** A column that ingest writes as JSON; a text it did not write reads as nothing rather than break the page. */
function readJson<T>(form: z.ZodType<T>, text: string): T | undefined {
  if (text === '') return undefined
  try {
    return form.parse(JSON.parse(text))
  } catch {
    return undefined
  }
}
