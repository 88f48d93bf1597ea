import type { ClickHouse } from '../../db/clickhouse.ts'
import type { Span } from '../../db/domain/span.ts'
import { dayMs, hourMs } from '../../db/domain/time.ts'
import { insertSignals, modelCall, type SignalFields, storeSpans, toolCall, trace } from '../factories.ts'

export type Day = {
  /** Share of rated traces that people disliked, by workflow where given. */
  disliked?: number
  failedTools?: number
  latencyMs?: number
  workflow?: string
  model?: string
  serving?: 'ai' | 'deterministic'
  /** Traces of the day. */
  traces?: number
  mappedBy?: string
  version?: string
  /** Share of traces that complete, as their users say. */
  completed?: number
  costUsd?: number
  /** Share of traces that are rated. */
  rated?: number
  /** Of one user, in place of a hundred. */
  user?: string
}

/**
 * Days of traffic from a moment on: of 100 users, each trace rated, a share of them disliked; spread over the hours of the
 * day. Several entries of a day are traffic side by side.
 */
export async function storeDays(clickhouse: ClickHouse, projectId: string, from: Date, days: Day[][]): Promise<void> {
  const spans: Span[] = []
  const signals: SignalFields[] = []
  for (const [at, parts] of days.entries())
    for (const part of parts) {
      const made = dayOf(new Date(from.getTime() + at * dayMs), part, at)
      spans.push(...made.spans)
      signals.push(...made.signals)
    }
  await storeSpans(clickhouse, projectId, spans)
  await insertSignals(clickhouse, projectId, signals)
}

function dayOf(day: Date, given: Day, at: number) {
  const {
    disliked = 0.1,
    failedTools = 0.1,
    latencyMs = 1000,
    workflow = 'support',
    model = 'gpt-4.1-2025-04-14',
    serving = 'ai',
    traces = 60,
    costUsd = 0.01,
    rated = 1,
  } = given
  const spans: Span[] = []
  const signals: SignalFields[] = []
  for (let i = 0; i < traces; i++) {
    const began = new Date(day.getTime() + Math.floor((i / traces) * 24 * hourMs))
    // A stride that is prime to the counts: who is unlucky differs from day to day.
    const unlucky = (share: number) => ((i * 37 + at * 11) % 100) / 100 < share
    const user = given.user ?? `user-${(i * 7 + at * 13) % 100}`
    const fields = {
      at: began,
      durationMs: latencyMs * (0.9 + ((i * 31) % 20) / 100),
      userId: user,
      sessionId: `${user}-${at}`,
      workflow,
      workflowVersion: given.version ?? '1',
      serving,
      input: `question ${i}`,
    }
    const children = [
      modelCall({ at: began, durationMs: 100, model, costUsd }),
      toolCall({
        at: began,
        durationMs: 50,
        toolName: 'search',
        toolOutcome: unlucky(failedTools) ? 'error' : 'ok',
        status: unlucky(failedTools) ? 'error' : 'ok',
      }),
    ]
    const made = trace(fields, children).map(span => ({ ...span, mappedBy: given.mappedBy ?? 'genai' }))
    spans.push(...made)
    const { traceId } = made[0]!
    const polarity = unlucky(disliked) ? -1 : 1
    if (((i * 53 + at * 29) % 100) / 100 < rated)
      signals.push({ traceId, kind: 'thumbs', value: polarity, polarity, at: began, userId: user })
    if (given.completed !== undefined) {
      const value = unlucky(1 - given.completed) ? 0 : 1
      signals.push({ traceId, kind: 'completion', value, at: began, userId: user })
    }
  }
  return { spans, signals }
}

/** So many days alike. */
export const days = (count: number, ...parts: Day[]): Day[][] => Array.from({ length: count }, () => parts)
