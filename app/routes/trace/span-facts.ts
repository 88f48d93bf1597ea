import { readJson } from '../../../db/domain/json.ts'
import { unpricedMark } from '../../../db/domain/span.ts'
import type { SpanDetail } from '../../../db/trace-spans.ts'

export type Fact = { name: string; value: string }

/** Attributes as sent, by name. Values are JSON texts: a text is shown without its quotes, all else as it is. */
export function sentFacts(attributes: Record<string, string>): Fact[] {
  return Object.entries(attributes)
    .map(([name, json]) => {
      const value = readJson(json)
      return { name, value: typeof value === 'string' ? value : json }
    })
    .toSorted((a, b) => (a.name < b.name ? -1 : 1))
}

/** Why a cost cannot be computed, where that is told. */
export const unknownCost = ({ priceVersion }: Pick<SpanDetail, 'priceVersion'>) =>
  priceVersion.startsWith(unpricedMark) ? `unknown: ${priceVersion.slice(unpricedMark.length)}` : ''

/** What the columns of the span hold, but for its payloads; empty ones are left out. */
export function mappedFacts(span: SpanDetail): Fact[] {
  const known: [string, string | number | null][] = [
    ['kind', span.kind],
    ['mapped by', span.mappedBy],
    ['start (ns)', span.startNs],
    ['end (ns)', span.endNs],
    ['status', span.status],
    ['status message', span.statusMessage],
    ['service', span.service],
    ['environment', span.environment],
    ['release', span.release],
    ['scope', [span.scopeName, span.scopeVersion].filter(Boolean).join(' ')],
    ['workflow', span.workflow],
    ['workflow version', span.workflowVersion],
    ['run', span.runId],
    ['served by', span.serving],
    ['session', span.sessionId],
    ['user', span.userId],
    ['conversation', span.conversationId],
    ['tags', span.tags.join(', ')],
    ['provider', span.provider],
    ['model asked for', span.modelRequested],
    ['model', span.model],
    ['parameters', span.params],
    ['prompt', [span.promptName, span.promptVersion].filter(Boolean).join(' ')],
    ['input tokens', span.inputTokens],
    ['output tokens', span.outputTokens],
    ['cache read tokens', span.cacheReadTokens],
    ['cache write tokens', span.cacheWriteTokens],
    ['cache write tokens for an hour', span.cacheWrite1hTokens],
    ['reasoning tokens', span.reasoningTokens],
    ['audio input tokens', span.inputAudioTokens],
    ['audio output tokens', span.outputAudioTokens],
    [
      'cost',
      span.costUsd === null ? unknownCost(span) : `${span.costUsd} USD, ${span.costSource} ${span.priceVersion}`.trim(),
    ],
    ['first token after (ms)', span.ttftMs],
    ['finish reasons', span.finishReasons.join(', ')],
    ['tool', span.toolName],
    ['tool call', span.toolCallId],
    ['tool outcome', span.toolOutcome],
    ['clock', span.clockFlags.map(flag => clockWords[flag] ?? flag).join(', ')],
    ['parent span', span.parentSpanId],
  ]
  return known
    .filter(([, value]) => value !== '' && value !== null && value !== 0)
    .map(([name, value]) => ({ name, value: String(value) }))
}

const clockWords: Record<string, string> = {
  end_before_start: 'it ended before it started: the end was set to the start',
  future_start: 'it started in the future: the start was set to when it came',
}
