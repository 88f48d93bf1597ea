import type { Text } from './byte-writer.ts'
import type { Span } from './domain/span.ts'
import {
  dateTime64Column,
  float64Column,
  int64Column,
  type NativeColumn,
  nameColumn,
  nameListColumn,
  type TextMap,
  textColumn,
  textMapColumn,
  uint32Column,
} from './native.ts'

/** A span's columns; what is long may be the bytes that came, so that it need not be decoded to be stored. */
export type SpanFields = Omit<Span, Long | Json | 'attributes'> & { [name in Long]: Text } & {
  [name in Json]: Span[name] | string
} & { attributes: Record<string, string> | TextMap }
/** Columns that are kept as JSON texts, and may be given as such. */
type Json = 'resource' | 'events' | 'links'
type Long = 'params' | 'input' | 'output' | 'toolArguments' | 'toolResult'

/** A span with what the request that brought it adds. */
export type SpanRow = SpanFields & { projectId: string; receivedMs: number }

function eventsText({ events }: SpanRow): string {
  if (typeof events === 'string') return events
  return events.length === 0 ? '[]' : JSON.stringify(events.map(event => ({ ...event, timeNs: String(event.timeNs) })))
}

const linksText = ({ links }: SpanRow) =>
  typeof links === 'string' ? links : links.length === 0 ? '[]' : JSON.stringify(links)

/** Neighbours share their resource as a rule. */
let lastResource: SpanRow['resource'] = '{}'
let lastText = '{}'
function resourceText({ resource }: SpanRow): string {
  if (resource === lastResource) return lastText
  lastText = typeof resource === 'string' ? resource : JSON.stringify(resource)
  lastResource = resource
  return lastText
}

/** The columns of `spans`, in the order they are written. */
export const spanColumns: readonly NativeColumn<SpanRow>[] = [
  nameColumn('project_id', row => row.projectId),
  textColumn('trace_id', row => row.traceId),
  textColumn('span_id', row => row.spanId),
  textColumn('parent_span_id', row => row.parentSpanId),
  nameColumn('name', row => row.name),
  nameColumn('kind', row => row.kind),
  dateTime64Column('start_time', 9, row => row.startNs),
  dateTime64Column('end_time', 9, row => row.endNs),
  nameColumn('status', row => row.status),
  textColumn('status_message', row => row.statusMessage),
  nameColumn('service', row => row.service),
  nameColumn('environment', row => row.environment),
  nameColumn('release', row => row.release),
  nameColumn('scope_name', row => row.scopeName),
  nameColumn('scope_version', row => row.scopeVersion),
  nameColumn('mapped_by', row => row.mappedBy),
  textColumn('session_id', row => row.sessionId),
  textColumn('user_id', row => row.userId),
  textColumn('conversation_id', row => row.conversationId),
  nameColumn('workflow', row => row.workflow),
  nameColumn('workflow_version', row => row.workflowVersion),
  textColumn('run_id', row => row.runId),
  nameColumn('serving', row => row.serving),
  textMapColumn('feature_flags', row => row.featureFlags),
  nameListColumn('tags', row => row.tags),
  nameColumn('provider', row => row.provider),
  nameColumn('model_requested', row => row.modelRequested),
  nameColumn('model', row => row.model),
  textColumn('params', row => row.params),
  textColumn('input', row => row.input),
  textColumn('output', row => row.output),
  uint32Column('input_tokens', row => row.inputTokens),
  uint32Column('output_tokens', row => row.outputTokens),
  uint32Column('cache_read_tokens', row => row.cacheReadTokens),
  uint32Column('cache_write_tokens', row => row.cacheWriteTokens),
  uint32Column('cache_write_1h_tokens', row => row.cacheWrite1hTokens),
  uint32Column('reasoning_tokens', row => row.reasoningTokens),
  uint32Column('input_audio_tokens', row => row.inputAudioTokens),
  uint32Column('output_audio_tokens', row => row.outputAudioTokens),
  int64Column('cost_nano_usd', row => row.costNanoUsd),
  nameColumn('cost_source', row => row.costSource),
  nameColumn('price_version', row => row.priceVersion),
  float64Column('ttft_ms', row => row.ttftMs ?? -1),
  nameListColumn('finish_reasons', row => row.finishReasons),
  nameColumn('prompt_name', row => row.promptName),
  nameColumn('prompt_version', row => row.promptVersion),
  nameColumn('tool_name', row => row.toolName),
  textColumn('tool_call_id', row => row.toolCallId),
  textColumn('tool_arguments', row => row.toolArguments),
  textColumn('tool_result', row => row.toolResult),
  nameColumn('tool_outcome', row => row.toolOutcome),
  textMapColumn('attributes', row => row.attributes),
  nameColumn('resource', resourceText),
  textColumn('events', eventsText),
  textColumn('links', linksText),
  uint32Column('dropped_attributes', row => row.droppedAttributes),
  uint32Column('dropped_events', row => row.droppedEvents),
  uint32Column('dropped_links', row => row.droppedLinks),
  nameListColumn('clock_flags', row => row.clockFlags),
  dateTime64Column('received_at', 3, row => BigInt(row.receivedMs)),
]
