import { keySeparator, type MetricDimension, type MetricId } from '../../db/domain/metrics.ts'
import type { Span } from '../../db/domain/span.ts'
import type { Raw, RawSignal } from './random-traces.ts'

// The metrics as the design words them, computed the slow way from the raw rows: what the store's answers must equal.

export type Facts = ReturnType<typeof factsOf>
type Tool = { name: string; outcome: string; ms: number }

const max = (texts: string[]) => texts.toSorted().at(-1) ?? ''
const sum = (values: number[]) => values.reduce((a, b) => a + b, 0)
const distinct = <T>(values: T[]) => [...new Set(values)]

/** One fact sheet a trace, from its distinct spans and its signals as last corrected. */
export function readTraces({ spans, signals }: Raw): Facts[] {
  const byTrace = Map.groupBy(spans, ({ traceId }) => traceId)
  const said = Map.groupBy(signals, ({ traceId }) => traceId)
  return [...byTrace].map(([traceId, list]) => factsOf(list, lastOfEach(said.get(traceId) ?? [])))
}

const lastOfEach = (signals: RawSignal[]) => [...new Map(signals.map(signal => [signal.id, signal])).values()]

function factsOf(repeated: Span[], signals: RawSignal[]) {
  const spans = [...new Map(repeated.map(span => [span.spanId, span])).values()]
  const roots = spans.filter(({ parentSpanId }) => parentSpanId === '')
  const calls = spans.filter(({ kind }) => kind === 'llm' || kind === 'embedding')
  const lasted = (span: Span) => Number(span.endNs - span.startNs) / 1e6
  const tools: Tool[] = spans
    .filter(({ kind }) => kind === 'tool')
    .map(span => ({ name: span.toolName, outcome: span.toolOutcome, ms: lasted(span) }))
  const rootStatus = max(roots.map(({ status }) => status))
  const paused = Math.max(0, ...roots.map(({ attributes }) => Number(attributes['davylamp.paused_ms'] ?? 0)))
  const completions = signals.filter(({ kind }) => kind === 'completion').toSorted((a, b) => +a.at - +b.at)
  const sessionId = max(spans.map(span => span.sessionId))
  return {
    traceId: spans[0]!.traceId,
    startedMs: Math.min(...spans.map(span => Number(span.startNs / 1_000_000n))),
    user: max(spans.map(span => span.userId)),
    session: sessionId || spans[0]!.traceId,
    workflow: max(spans.map(span => span.workflow)),
    version: max(spans.map(span => span.workflowVersion)),
    environment: max(spans.map(span => span.environment)),
    release: max(spans.map(span => span.release)),
    serving: max(spans.map(span => span.serving)) === 'deterministic' ? 'deterministic' : 'ai',
    variants: distinct(
      spans.flatMap(span => Object.entries(span.featureFlags).map(([key, value]) => `${key}=${value}`)),
    ),
    tags: distinct(spans.flatMap(span => span.tags)),
    models: distinct(calls.map(span => span.model).filter(Boolean)),
    tools,
    hasRoot: roots.length > 0,
    latencyMs: Math.max(0, Math.max(0, ...roots.map(lasted)) - paused),
    ttftMs: Math.max(-1, ...roots.map(({ ttftMs }) => ttftMs ?? -1)),
    cost: sum(calls.map(span => Number(span.costNanoUsd))) / 1e9,
    unknownCost: calls.some(span => span.costSource === 'unknown' && span.inputTokens + span.outputTokens > 0),
    failed: roots.length > 0 && rootStatus === 'error',
    ended: roots.length > 0 || completions.length > 0,
    completed:
      completions.length > 0
        ? completions.at(-1)!.value === 1
        : roots.length > 0 && (rootStatus === 'ok' || rootStatus === 'unset'),
    negative: signals.some(({ polarity = 0 }) => polarity < 0),
    positive: signals.some(({ polarity = 0 }) => polarity > 0),
    acted: signals.some(({ kind }) => kind === 'accept' || kind === 'action'),
  }
}

type Part = { m: number; d: number; times?: number[] }

/** What one trace adds to a metric; by tool, `only` is the tool whose own calls count. */
export function partOf(id: MetricId, trace: Facts, only?: (tool: Tool) => boolean, byTool = false): Part {
  const tools = trace.tools.filter(only ?? (() => true))
  const flag = (value: boolean) => (value ? 1 : 0)
  const answered = trace.negative || trace.positive
  switch (id) {
    case 'negative_feedback_rate':
      return { m: flag(trace.negative), d: flag(answered) }
    case 'task_completion_rate':
      return { m: flag(trace.ended && trace.completed), d: flag(trace.ended) }
    case 'tool_failure_rate':
      return { m: tools.filter(({ outcome }) => outcome === 'error' || outcome === 'empty').length, d: tools.length }
    case 'latency': {
      const times = byTool ? tools.map(({ ms }) => ms) : trace.hasRoot ? [trace.latencyMs] : []
      return { m: sum(times), d: times.length, times }
    }
    case 'ttft': {
      const times = trace.ttftMs >= 0 ? [trace.ttftMs] : []
      return { m: sum(times), d: times.length, times }
    }
    case 'cost_per_session':
      return { m: trace.cost, d: 1 }
    case 'action_rate':
      return { m: flag(trace.acted), d: 1 }
    case 'error_rate':
      return { m: flag(trace.failed), d: 1 }
    case 'feedback_response_rate':
      return { m: flag(answered), d: 1 }
  }
}

type Options = { only?: (tool: Tool) => boolean; byTool?: boolean }

/** The reading of a metric over traces, as `readMetrics` gives it. */
export function readingOf(id: MetricId, traces: Facts[], { only, byTool = false }: Options = {}) {
  const parts = traces.map(trace => ({ trace, ...partOf(id, trace, only, byTool) }))
  const numerator = sum(parts.map(({ m }) => m))
  const denominator =
    id === 'cost_per_session' ? distinct(traces.map(({ session }) => session)).length : sum(parts.map(({ d }) => d))
  const measured = parts.filter(({ d }) => d > 0)
  const users = distinct(measured.map(({ trace }) => trace.user).filter(Boolean)).length
  const unknown = id === 'cost_per_session' && numerator === 0 && traces.some(({ unknownCost }) => unknownCost)
  const value = denominator === 0 || unknown ? null : numerator / denominator
  const times = parts.flatMap(part => part.times ?? []).toSorted((a, b) => a - b)
  return { value, numerator, denominator, users, times, counts: countsOf(traces, only) }
}

/** What a reading is split into besides. */
function countsOf(traces: Facts[], only: (tool: Tool) => boolean = () => true) {
  const calls = traces.flatMap(({ tools }) => tools).filter(only)
  return {
    failed: calls.filter(({ outcome }) => outcome === 'error').length,
    empty: calls.filter(({ outcome }) => outcome === 'empty').length,
    unknown: traces.filter(({ unknownCost }) => unknownCost).length,
    traces: traces.length,
  }
}

/** Per-user sums, as `readWindows` gives them for one window, and each user's own M and D. */
export function userSumsOf(id: MetricId, traces: Facts[], { only, byTool = false }: Options = {}) {
  const byUser = Map.groupBy(traces, ({ user, session }) => user || session)
  const own = new Map([...byUser].map(([user, list]) => [user, userOf(id, list, { only, byTool })]))
  return { own, sums: sumsOf([...own.values()]) }
}

function sumsOf(users: { m: number; d: number }[]) {
  const total = (of: (user: { m: number; d: number }) => number) => sum(users.map(of))
  return {
    users: users.filter(({ d }) => d > 0).length,
    m: total(({ m }) => m),
    d: total(({ d }) => d),
    mm: total(({ m }) => m * m),
    md: total(({ m, d }) => m * d),
    dd: total(({ d }) => d * d),
    some: users.filter(({ m }) => m > 0).length,
    rest: users.filter(({ m, d }) => d - m > 0).length,
  }
}

function userOf(id: MetricId, traces: Facts[], { only, byTool }: Options) {
  const parts = traces.map(trace => partOf(id, trace, only, byTool))
  if (id === 'latency' || id === 'ttft') {
    const logs = parts
      .flatMap(part => part.times ?? [])
      .filter(ms => ms > 0)
      .map(Math.log)
    return logs.length > 0 ? { m: sum(logs) / logs.length, d: 1 } : { m: 0, d: 0 }
  }
  const m = sum(parts.map(part => part.m))
  if (id === 'cost_per_session') return { m, d: distinct(traces.map(({ session }) => session)).length }
  return { m, d: sum(parts.map(({ d }) => d)) }
}

/** Frozen lines: each user's cost is cut at so much a session, and an answer slower than so much is slow. */
export type Lines = { costCap: number; slowMs: number }

/** The sums by user of what a canary is held to beyond the metrics themselves: winsorised cost, and the slow answers. */
export function linedSumsOf(id: 'cost_per_session' | 'latency_tail', traces: Facts[], { costCap, slowMs }: Lines) {
  const users = [...Map.groupBy(traces, ({ user, session }) => user || session).values()].map(own => {
    const rooted = own.filter(({ hasRoot }) => hasRoot)
    const slow = rooted.filter(({ latencyMs }) => latencyMs > slowMs).length
    if (id === 'latency_tail') return { m: slow, d: rooted.length }
    const { m, d } = userOf(id, own, {})
    return { m: Math.min(m, costCap * d), d }
  })
  return sumsOf(users)
}

/** The values of a dimension that a trace stands under. */
export const keysOf: Record<MetricDimension, (trace: Facts) => string[]> = {
  workflow: trace => [trace.workflow],
  version: trace => [`${trace.workflow}${keySeparator}${trace.version}`],
  model: trace => trace.models,
  variant: trace => trace.variants,
  environment: trace => [trace.environment],
  release: trace => [trace.release],
  tag: trace => trace.tags,
  tool: trace => distinct(trace.tools.map(({ name }) => name)),
  serving: trace => [trace.serving],
}
