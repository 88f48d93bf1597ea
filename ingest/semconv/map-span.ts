import { offloadedKey } from '../../db/domain/offload.ts'
import type { Serving } from '../../db/domain/span.ts'
import type { SpanRow } from '../../db/span-table.ts'
import type { Attributes, OtlpScopeSpans, OtlpSpan } from '../otlp/request.ts'
import { isRoot } from '../otlp/span-ids.ts'
import { mendClock } from './clock.ts'
import type { Column } from './columns.ts'
import { statusOf } from './failure.ts'
import { FoundColumns } from './find-columns.ts'
import { flagsOf } from './flags.ts'
import { costOf, ttftOf } from './given-amounts.ts'
import { kindOf } from './kinds.ts'
import { inputOf, outputOf } from './messages.ts'
import { paramsOf } from './params.ts'
import { toldMetadata } from './told-metadata.ts'
import { noToolCall, toolCallOf, toolNameFrom } from './tool-call.ts'
import { unpricedOf } from './unpriced.ts'
import { usageOf } from './usage.ts'
import { fromJson, jsonTexts, text, texts } from './values.ts'

/** What all spans of one resource share, read once. */
export type MappedResource = { attributes: Attributes; found: FoundColumns; texts: Record<string, string> }

export function mapResource(attributes: Attributes): MappedResource {
  return { attributes, found: new FoundColumns().read(attributes), texts: jsonTexts(attributes) }
}

/** Columns whose value loses something of the attribute it came from, which is therefore kept. */
const lossy: readonly Column[] = [
  'serving',
  'status',
  'toolOutcome',
  'providerMetadata',
  'usageDetails',
  'inputTokenDetails',
  'outputTokenDetails',
  'costDetails',
  'completionStart',
  'promptTold',
]
/** Whether a payload's key was used is for the payload to say: another source may have won. */
const payloads: readonly Column[] = ['input', 'output', 'systemInstructions', 'params']
const kept: ReadonlySet<Column> = new Set([...lossy, ...payloads])

/** One for all spans, as each is done with before the next. */
const columnsOfSpan = new FoundColumns()

/**
 * One span as it is stored, by the tables of this folder. Its cost is only what the client gave; ids are taken to be
 * sound; whose it is and when it came is for the caller to fill in.
 */
export function mapSpan(span: OtlpSpan, scope: OtlpScopeSpans, resource: MappedResource, receivedNs: bigint): SpanRow {
  const found = columnsOfSpan.read(span.attributes)
  const { kind, mappedBy } = kindOf(span.attributes, found.kinds)
  const { startNs, endNs, flags: clockFlags } = mendClock({ startNs: span.startNs, endNs: span.endNs, receivedNs })
  const { status, statusMessage } = statusOf(span, found)
  const given = (column: Column) => text(found.value(column))
  const shared = (column: Column) => given(column) || text(resource.found.value(column))
  const { flags, taken: flagKeys } = flagsOf(span, found.flags)
  const params = paramsOf(span.attributes, found)
  const input = inputOf(span, found)
  const output = outputOf(span, found)
  const tool = kind === 'tool' ? toolCallOf({ span, found, input, output, status }) : noToolCall
  const metadata = toldMetadata(span.attributes)
  const cost = costOf(found)
  const prompt = promptTold(found)
  const usage = usageOf(found, kind)
  const isCounted = cost.costSource === 'unknown' && (kind === 'llm' || kind === 'embedding')
  const unpriced = isCounted ? unpricedOf({ attributes: span.attributes, found, usage, params: params.text }) : ''
  found.takeAll(kept)
  for (const key of flagKeys) found.take(key)
  for (const key of params.taken) found.take(key)
  for (const key of input.taken) found.take(key)
  if (!tool.unwrapped) for (const key of output.taken) found.take(key)
  found.take(offloadedKey)
  if (tool.unwrapped) found.leave('toolResult')
  if (saysApi(span.attributes, found)) found.leave('provider')

  return {
    traceId: span.traceId,
    spanId: span.spanId,
    parentSpanId: isRoot(span) ? '' : span.parentSpanId,
    name: span.name,
    kind,
    startNs,
    endNs,
    status,
    statusMessage,
    service: text(resource.attributes.get('service.name')),
    environment: shared('environment'),
    release: shared('release') || text(resource.attributes.get('service.version')),
    scopeName: scope.name,
    scopeVersion: scope.version,
    mappedBy,
    sessionId: shared('sessionId'),
    userId: shared('userId') || metadata.user_id || metadata.userId || '',
    conversationId: given('conversationId') || metadata.thread_id || '',
    workflow: shared('workflow'),
    workflowVersion: shared('workflowVersion'),
    runId: given('runId'),
    serving: servingOf(given('serving')),
    featureFlags: flags,
    tags: tagsOf(found) ?? tagsOf(resource.found) ?? [],
    provider: providerOf(span.attributes, found) || metadata.ls_provider || '',
    modelRequested: given('modelRequested'),
    model: given('model') || given('modelRequested'),
    params: params.text,
    input: tool.moved.input ? '' : input.text,
    output: tool.moved.output ? '' : output.text,
    inputTokens: usage.inputTokens,
    outputTokens: usage.outputTokens,
    cacheReadTokens: usage.cacheReadTokens,
    cacheWriteTokens: usage.cacheWriteTokens,
    cacheWrite1hTokens: usage.cacheWrite1hTokens,
    reasoningTokens: usage.reasoningTokens,
    inputAudioTokens: usage.inputAudioTokens,
    outputAudioTokens: usage.outputAudioTokens,
    costNanoUsd: cost.costNanoUsd,
    costSource: cost.costSource,
    priceVersion: unpriced,
    ttftMs: ttftOf(span, found, startNs),
    finishReasons: texts(found.value('finishReasons')),
    promptName: given('promptName') || prompt.name,
    promptVersion: given('promptVersion') || prompt.version,
    toolName: given('toolName') || (kind === 'tool' ? toolNameFrom(span) : ''),
    toolCallId: tool.id || given('toolCallId'),
    toolArguments: tool.arguments || given('toolArguments'),
    toolResult: tool.result || given('toolResult'),
    toolOutcome: tool.outcome,
    attributes: keptTexts(span, found),
    resource: resource.texts,
    events: eventsOf(span),
    links: linksOf(span),
    droppedAttributes: span.droppedAttributes,
    droppedEvents: span.droppedEvents,
    droppedLinks: span.droppedLinks,
    clockFlags,
    projectId: '',
    receivedMs: 0,
  }
}

const none: [] = []
const eventsOf = ({ events }: OtlpSpan) =>
  events.length === 0
    ? none
    : events.map(({ name, timeNs, attributes }) => ({ name, timeNs, attributes: jsonTexts(attributes) }))
const linksOf = ({ links }: OtlpSpan) =>
  links.length === 0
    ? none
    : links.map(({ traceId, spanId, attributes }) => ({ traceId, spanId, attributes: jsonTexts(attributes) }))

/** The AI SDK tells the provider with its API (openai.chat), as gen_ai.system too. */
const saysApi = (attributes: Attributes, found: FoundColumns) =>
  attributes.has('ai.model.provider') && found.value('provider') === attributes.get('ai.model.provider')

function providerOf(attributes: Attributes, found: FoundColumns): string {
  const said = text(found.value('provider'))
  if (saysApi(attributes, found)) return said.split('.')[0] ?? said
  // LangSmith's exporter says langchain where it does not know the provider.
  return said === 'langchain' ? text(attributes.get('langsmith.metadata.ls_provider')) || said : said
}

/** LangSmith writes its tags as one text. */
function tagsOf(found: FoundColumns): readonly string[] | undefined {
  const value = found.value('tags')
  if (value === undefined) return undefined
  return found.key('tags') === 'langsmith.span.tags' ? text(value).split(', ').filter(Boolean) : texts(value)
}

function promptTold(found: FoundColumns): { name: string; version: string } {
  const told = text(found.value('promptTold'))
  const prompt = told === '' ? undefined : fromJson(told)
  if (typeof prompt !== 'object' || prompt === null) return { name: '', version: '' }
  const { name, version } = prompt as { name?: unknown; version?: unknown }
  return {
    name: typeof name === 'string' ? name : '',
    version: typeof version === 'string' || typeof version === 'number' ? String(version) : '',
  }
}

const servingOf = (said: string): Serving => (said === 'ai' || said === 'deterministic' ? said : '')

const otelKinds = ['', '', 'server', 'client', 'producer', 'consumer']

/** What no column took. OpenTelemetry's own kind has none: where it tells something it is kept here. */
function keptTexts({ attributes, kind }: OtlpSpan, found: FoundColumns) {
  const told = otelKinds[kind]
  const more = told && !attributes.has('otel.kind') ? { key: 'otel.kind', json: `"${told}"` } : undefined
  return found.list.untaken(more)
}
