export const spanKinds = ['llm', 'tool', 'agent', 'chain', 'retriever', 'embedding', 'guardrail', 'other'] as const
export type SpanKind = (typeof spanKinds)[number]

export const spanStatuses = ['unset', 'ok', 'error', 'interrupted'] as const
export type SpanStatus = (typeof spanStatuses)[number]

export const toolOutcomes = ['', 'ok', 'error', 'empty'] as const
export type ToolOutcome = (typeof toolOutcomes)[number]

export const costSources = ['unknown', 'given', 'computed'] as const
export type CostSource = (typeof costSources)[number]

/** How the version of a price begins that is none: what follows says why the call's cost cannot be computed. */
export const unpricedMark = 'unpriced: '

/** How a trace was served: by a model, or by the workflow's deterministic path ("AI disabled"). */
export type Serving = '' | 'ai' | 'deterministic'

export type SpanEvent = { name: string; timeNs: bigint; attributes: Record<string, string> }
export type SpanLink = { traceId: string; spanId: string; attributes: Record<string, string> }

/**
 * One span as it is stored. Ids are lower-case hex; an absent text is '' and an absent count 0, except where `null`
 * says "not known". Attribute values are JSON texts, so that every OTLP type survives.
 */
export type Span = {
  traceId: string
  spanId: string
  /** '' for a root. */
  parentSpanId: string
  name: string
  kind: SpanKind
  /** Nanoseconds since the epoch. */
  startNs: bigint
  endNs: bigint
  status: SpanStatus
  statusMessage: string
  service: string
  environment: string
  release: string
  scopeName: string
  scopeVersion: string
  /** What decided the kind and the columns, for example `gen_ai.operation.name`. */
  mappedBy: string
  sessionId: string
  userId: string
  conversationId: string
  workflow: string
  workflowVersion: string
  runId: string
  serving: Serving
  /** Flag key -> variant. */
  featureFlags: Record<string, string>
  tags: readonly string[]
  provider: string
  modelRequested: string
  model: string
  /** JSON object of request parameters, or ''. */
  params: string
  /** JSON messages, JSON value or plain text, whole. */
  input: string
  output: string
  /** Inclusive of cached tokens and of audio. */
  inputTokens: number
  /** Inclusive of reasoning tokens and of audio. */
  outputTokens: number
  cacheReadTokens: number
  /** Inclusive of those that are kept for an hour. */
  cacheWriteTokens: number
  cacheWrite1hTokens: number
  reasoningTokens: number
  inputAudioTokens: number
  outputAudioTokens: number
  /** 1e-9 US dollars; 0 with `costSource: 'unknown'` means not known, never free. */
  costNanoUsd: bigint
  costSource: CostSource
  priceVersion: string
  /** Milliseconds to the first token; null when not told. */
  ttftMs: number | null
  finishReasons: readonly string[]
  promptName: string
  promptVersion: string
  toolName: string
  toolCallId: string
  toolArguments: string
  toolResult: string
  toolOutcome: ToolOutcome
  /** All attributes that no column took. */
  attributes: Record<string, string>
  resource: Record<string, string>
  events: SpanEvent[]
  links: SpanLink[]
  droppedAttributes: number
  droppedEvents: number
  droppedLinks: number
  /** Set when the client's clock or order was mended: `end_before_start`, `future_start`. */
  clockFlags: readonly string[]
}
