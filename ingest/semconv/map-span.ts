import type { Serving, Span } from '../../db/domain/span.ts'
import type { Attributes, OtlpScopeSpans, OtlpSpan } from '../otlp/request.ts'
import { isRoot } from '../otlp/span-ids.ts'
import { mendClock } from './clock.ts'
import type { Column } from './columns.ts'
import { statusOf } from './failure.ts'
import { FoundColumns } from './find-columns.ts'
import { flagsOf } from './flags.ts'
import { costOf, ttftOf } from './given-amounts.ts'
import { kindOf } from './kinds.ts'
import { inputOf, outputOf, type Payload } from './messages.ts'
import { toldMetadata } from './told-metadata.ts'
import { noToolCall, toolCallOf, toolNameFrom } from './tool-call.ts'
import { flattenedLists } from './unflatten.ts'
import { usageOf } from './usage.ts'
import { fromJson, jsonText, jsonTexts, text, texts } from './values.ts'

/** What all spans of one resource share, read once. */
export type MappedResource = { attributes: Attributes; found: FoundColumns; texts: Record<string, string> }

export function mapResource(attributes: Attributes): MappedResource {
  return { attributes, found: new FoundColumns(attributes), texts: jsonTexts(attributes) }
}

/** Columns whose value loses something of the attribute it came from, which is therefore kept. */
const lossy: readonly Column[] = [
  'serving',
  'status',
  'toolOutcome',
  'usageDetails',
  'inputTokenDetails',
  'outputTokenDetails',
  'costDetails',
  'completionStart',
  'promptTold',
]

/**
 * One span as it is stored, by the tables of this folder. Its cost is only what the client gave; ids are taken to be
 * sound.
 */
export function mapSpan(span: OtlpSpan, scope: OtlpScopeSpans, resource: MappedResource, receivedNs: bigint): Span {
  const found = new FoundColumns(span.attributes)
  const { kind, mappedBy } = kindOf(span.attributes)
  const { startNs, endNs, flags: clockFlags } = mendClock({ startNs: span.startNs, endNs: span.endNs, receivedNs })
  const { status, statusMessage } = statusOf(span, found)
  const given = (column: Column) => text(found.value(column))
  const shared = (column: Column) => given(column) || text(resource.found.value(column))
  const { flags, taken: flagKeys } = flagsOf(span)
  const params = paramsOf(span.attributes, found)
  const lists = flattenedLists(span.attributes)
  const input = inputOf(span, found, lists)
  const output = outputOf(span, lists)
  const tool = kind === 'tool' ? toolCallOf({ span, found, input, output, status }) : noToolCall
  const metadata = toldMetadata(span.attributes)
  const cost = costOf(found)
  const prompt = promptTold(found)
  const taken = takenKeys(found, [flagKeys, params.taken, input.taken, tool.unwrapped ? [] : output.taken])
  if (tool.unwrapped) taken.delete(found.key('toolResult') ?? '')

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
    ...usageOf(found),
    ...cost,
    priceVersion: '',
    ttftMs: ttftOf(span, found, startNs),
    finishReasons: texts(found.value('finishReasons')),
    promptName: given('promptName') || prompt.name,
    promptVersion: given('promptVersion') || prompt.version,
    toolName: given('toolName') || (kind === 'tool' ? toolNameFrom(span) : ''),
    toolCallId: tool.id || given('toolCallId'),
    toolArguments: tool.arguments || given('toolArguments'),
    toolResult: tool.result || given('toolResult'),
    toolOutcome: tool.outcome,
    attributes: withOtelKind(jsonTexts(span.attributes, taken), span),
    resource: resource.texts,
    events: span.events.map(({ name, timeNs, attributes }) => ({ name, timeNs, attributes: jsonTexts(attributes) })),
    links: span.links.map(({ traceId, spanId, attributes }) => ({
      traceId,
      spanId,
      attributes: jsonTexts(attributes),
    })),
    droppedAttributes: span.droppedAttributes,
    droppedEvents: span.droppedEvents,
    droppedLinks: span.droppedLinks,
    clockFlags,
  }
}

function takenKeys(found: FoundColumns, lists: (readonly string[])[]): Set<string> {
  const taken = found.taken()
  for (const column of lossy) taken.delete(found.key(column) ?? '')
  // Whether a payload's key was used is for the payload to say: another source may have won.
  for (const column of ['input', 'output', 'systemInstructions', 'params'] as const)
    taken.delete(found.key(column) ?? '')
  if (found.value('provider') === found.attribute('ai.model.provider')) taken.delete(found.key('provider') ?? '')
  for (const list of lists) for (const key of list) taken.add(key)
  return taken
}

const requestPrefix = 'gen_ai.request.'
const settingsPrefix = 'ai.settings.'
const requestedModel = 'gen_ai.request.model'

/** Request parameters as one JSON object: each `gen_ai.request.*` but the model, or what a convention keeps together. */
function paramsOf(attributes: Attributes, found: FoundColumns): Payload {
  for (const prefix of [requestPrefix, settingsPrefix]) {
    const params: Attributes = new Map()
    for (const [key, value] of attributes)
      if (key.startsWith(prefix) && key !== requestedModel) params.set(key.slice(prefix.length), value)
    if (params.size > 0) return { text: jsonText(params), taken: [...params.keys()].map(key => prefix + key) }
  }
  const key = found.key('params')
  return key === undefined ? { text: '', taken: [] } : { text: text(found.value('params')), taken: [key] }
}

function providerOf(attributes: Attributes, found: FoundColumns): string {
  const said = text(found.value('provider'))
  // The AI SDK tells the provider with its API (openai.chat), as gen_ai.system too.
  if (said === text(attributes.get('ai.model.provider'))) return said.split('.')[0] ?? said
  // LangSmith's exporter says langchain where it does not know the provider.
  return said === 'langchain' ? text(attributes.get('langsmith.metadata.ls_provider')) || said : said
}

/** LangSmith writes its tags as one text. */
function tagsOf(found: FoundColumns): string[] | undefined {
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

/** OpenTelemetry's own kind has no column; where it tells something it is kept beside the attributes. */
function withOtelKind(attributes: Record<string, string>, span: OtlpSpan): Record<string, string> {
  const kind = otelKinds[span.kind]
  if (kind) attributes['otel.kind'] ??= `"${kind}"`
  return attributes
}
