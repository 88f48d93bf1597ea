import type { ClickHouse } from '../db/clickhouse.ts'
import type { Span } from '../db/domain/span.ts'
import { seededRandom } from '../db/domain/stats/random.ts'
import { dayMs } from '../db/domain/time.ts'
import type { Signal } from '../db/signals.ts'
import { insertSignals } from '../db/signals.ts'
import { insertSpans, type SpanRow } from '../db/spans.ts'

const hex = (value: number, digits: number) => Math.floor(value).toString(16).padStart(digits, '0')
const models = ['gpt-4.1-mini-2025-04-14', 'gpt-4o-2024-11-20', 'claude-sonnet-4-5-20250929']
const tools = ['search_kb', 'find_order', 'refund', 'send_mail', 'calendar', 'crm_lookup', 'web_search', 'calculator']
const tracesAtATime = 2_000

/**
 * Fills a project with traces of an agent, evenly over the days before `end`: a root, a planner, two model calls and two
 * tool calls each, of some twenty thousand users in as many sessions as make three traces each, with feedback on a third.
 */
export async function fillTraces(
  clickhouse: ClickHouse,
  { projectId, traces, days, end }: { projectId: string; traces: number; days: number; end: Date },
): Promise<{ spans: number; signals: number }> {
  const random = seededRandom(traces)
  const made = { spans: 0, signals: 0 }
  for (let from = 0; from < traces; from += tracesAtATime) {
    const rows: SpanRow[] = []
    const signals: Signal[] = []
    for (let i = from; i < Math.min(traces, from + tracesAtATime); i++) {
      const startMs = end.getTime() - dayMs * days * (1 - i / traces)
      const trace = oneTrace({ i, startMs }, random.uniform)
      rows.push(...trace.map(span => ({ ...span, projectId, receivedMs: startMs + 5000 })))
      signals.push(...signalsOn(trace[0]!, { projectId, startMs }, random.uniform))
    }
    await insertSpans(clickhouse, rows)
    await insertSignals(clickhouse, signals)
    made.spans += rows.length
    made.signals += signals.length
  }
  return made
}

type Uniform = () => number

function oneTrace({ i, startMs }: { i: number; startMs: number }, uniform: Uniform): Span[] {
  const pick = <T>(from: readonly T[]) => from[Math.floor(uniform() ** 2 * from.length)]!
  const user = Math.floor(uniform() ** 2 * 20_000)
  const facts = {
    traceId: hex(i, 12) + hex(uniform() * 2 ** 40, 20),
    sessionId: `session-${user}-${Math.floor(i / 60_000)}`,
    userId: `user-${user}`,
    workflow: pick(['support', 'analyze', 'draft']),
    workflowVersion: pick(['3', '4']),
    environment: 'production',
    release: `1.${Math.floor(i / 50_000)}.0`,
    serving: uniform() < 0.03 ? ('deterministic' as const) : ('ai' as const),
    featureFlags: { support: user % 20 === 0 ? 'canary' : user % 20 === 1 ? 'control' : 'rest' },
    tags: uniform() < 0.2 ? ['vip'] : [],
  }
  const took = 400 * Math.exp(2 * uniform() + uniform())
  const at = (part: number) => BigInt(Math.round((startMs + took * part) * 1e6))
  let next = 0
  const make = (given: Partial<Span>, from: number, to: number): Span => ({
    ...blank,
    ...facts,
    spanId: hex(i, 12) + hex(next++, 4),
    startNs: at(from),
    endNs: at(to),
    ...given,
  })
  const status = uniform() < 0.04 ? ('error' as const) : ('ok' as const)
  const root = make({ name: `invoke_workflow ${facts.workflow}`, kind: 'agent', status, ttftMs: took / 3 }, 0, 1)
  const under = { parentSpanId: root.spanId }
  const call = () => ({
    ...under,
    name: 'chat',
    kind: 'llm' as const,
    model: pick(models),
    inputTokens: 900,
    outputTokens: 120,
    costNanoUsd: BigInt(Math.round(1e6 * (1 + 4 * uniform()))),
    costSource: 'computed' as const,
    input: 'What is the refund window for an order that came damaged?'.repeat(4),
    output: 'Thirty days from delivery.'.repeat(3),
  })
  const tool = () => {
    const toolName = pick(tools)
    const dice = uniform()
    const toolOutcome = dice < 0.03 ? ('error' as const) : dice < 0.08 ? ('empty' as const) : ('ok' as const)
    return { ...under, name: `execute_tool ${toolName}`, kind: 'tool' as const, toolName, toolOutcome }
  }
  return [
    root,
    make({ ...under, name: 'planner', kind: 'chain' }, 0, 0.1),
    make(call(), 0.1, 0.4),
    make(tool(), 0.4, 0.5),
    make(tool(), 0.5, 0.6),
    make(call(), 0.6, 1),
  ]
}

function signalsOn(
  root: Span,
  { projectId, startMs }: { projectId: string; startMs: number },
  uniform: Uniform,
): Signal[] {
  const one = (kind: Signal['kind'], value: number | null, polarity: Signal['polarity']): Signal => ({
    projectId,
    traceId: root.traceId,
    id: `${root.spanId}${kind}`,
    ...{
      spanId: '',
      runId: '',
      sessionId: '',
      userId: root.userId,
      action: '',
      comment: '',
      labels: {},
      source: 'api',
    },
    kind,
    value,
    polarity,
    at: new Date(startMs + 60_000),
  })
  const dice = uniform()
  if (dice < 0.04) return [one('thumbs', -1, -1)]
  if (dice < 0.25) return [one('thumbs', 1, 1)]
  return dice < 0.35 ? [one('accept', null, 1)] : []
}

const blank: Span = {
  ...{ traceId: '', spanId: '', parentSpanId: '', name: '', kind: 'other', startNs: 0n, endNs: 0n },
  ...{ status: 'unset', statusMessage: '', service: 'shop', environment: '', release: '' },
  ...{ scopeName: 'bench', scopeVersion: '1', mappedBy: '', sessionId: '', userId: '', conversationId: '' },
  ...{ workflow: '', workflowVersion: '', runId: '', serving: '', featureFlags: {}, tags: [], provider: 'openai' },
  ...{ modelRequested: '', model: '', params: '', input: '', output: '', inputTokens: 0, outputTokens: 0 },
  ...{
    cacheReadTokens: 0,
    cacheWriteTokens: 0,
    cacheWrite1hTokens: 0,
    reasoningTokens: 0,
    inputAudioTokens: 0,
    outputAudioTokens: 0,
    costNanoUsd: 0n,
    costSource: 'unknown',
  },
  ...{ priceVersion: '', ttftMs: null, finishReasons: [], promptName: '', promptVersion: '' },
  ...{ toolName: '', toolCallId: '', toolArguments: '', toolResult: '', toolOutcome: '' },
  ...{ attributes: {}, resource: {}, events: [], links: [], droppedAttributes: 0, droppedEvents: 0, droppedLinks: 0 },
  clockFlags: [],
}
