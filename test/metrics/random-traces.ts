import type { Span } from '../../db/domain/span.ts'
import { seededRandom } from '../../db/domain/stats/random.ts'
import { hourMs, minuteMs } from '../../db/domain/time.ts'
import { modelCall, newSpanId, type SignalFields, span, toolCall } from '../factories.ts'

export type RawSignal = SignalFields & { id: string; at: Date }
export type Raw = { spans: Span[]; signals: RawSignal[] }

const pausedFor = (ms: number | undefined): Record<string, string> =>
  ms === undefined ? {} : { 'davylamp.paused_ms': String(ms) }

/** Traces at random that begin in the hours before `end`, with everything that makes counting hard. */
export function randomTraces(seed: number, { count, end, hours }: { count: number; end: Date; hours: number }): Raw {
  const { uniform } = seededRandom(seed)
  const pick = <T>(from: readonly T[]): T => from[Math.floor(uniform() * from.length)]!
  const maybe = (chance: number) => uniform() < chance
  const raw: Raw = { spans: [], signals: [] }
  for (let i = 0; i < count; i++) {
    const at = new Date(end.getTime() - Math.floor(uniform() * hours * hourMs))
    const traceId = Array.from({ length: 32 }, () => Math.floor(uniform() * 16).toString(16)).join('')
    const facts = {
      traceId,
      userId: maybe(0.2) ? '' : `user-${Math.floor(uniform() * 12)}`,
      sessionId: maybe(0.3) ? '' : `session-${Math.floor(uniform() * 20)}`,
      workflow: pick(['', 'support', 'draft']),
      workflowVersion: pick(['', '1', '2']),
      environment: pick(['', 'production', 'staging']),
      release: pick(['1.0', '1.1']),
      serving: pick(['', 'ai', 'ai', 'deterministic'] as const),
      featureFlags: pick<Record<string, string>>([{}, { support: 'canary' }, { support: 'control', other: 'on' }]),
      tags: pick([[], ['vip'], ['vip', 'eu']]),
    }
    // Some spans lack the facts, and come hours after their root: a trace lies in several rows of the rollup.
    const child = () => ({
      ...(maybe(0.3) ? { traceId } : facts),
      parentSpanId: newSpanId(),
      at: new Date(at.getTime() + Math.floor(uniform() * pick([minuteMs, 5 * hourMs]))),
      durationMs: uniform() * 3000,
    })
    const roots = pick([0, 1, 1, 1, 1, 2])
    for (let r = 0; r < roots; r++) {
      raw.spans.push(
        span({
          ...facts,
          at: new Date(at.getTime() + r * 1000),
          durationMs: uniform() * 20_000,
          status: pick(['ok', 'ok', 'unset', 'error', 'interrupted']),
          ttftMs: maybe(0.4) ? null : uniform() * 900,
          attributes: pausedFor(maybe(0.15) ? Math.floor(uniform() * 25_000) : undefined),
        }),
      )
    }
    const calls = Math.floor(uniform() * 3)
    for (let c = 0; c < calls; c++) {
      const costUsd = maybe(0.2) ? null : Math.round(uniform() * 1e7) / 1e9
      raw.spans.push(modelCall({ ...child(), model: pick(['gpt-4.1', 'claude', 'llama']), costUsd }))
    }
    const used = Math.floor(uniform() * 4)
    for (let t = 0; t < used; t++) {
      const toolOutcome = pick(['ok', 'ok', 'error', 'empty'] as const)
      raw.spans.push(toolCall({ ...child(), toolName: pick(['search', 'refund', 'mail']), toolOutcome }))
    }
    if (roots + calls + used === 0) raw.spans.push(span(child()))
    raw.signals.push(...signalsOn(traceId, at))
  }
  return raw

  function signalsOn(traceId: string, at: Date): RawSignal[] {
    return Array.from({ length: pick([0, 0, 1, 2, 3]) }, () => {
      const kind = pick(['thumbs', 'thumbs', 'accept', 'action', 'completion', 'comment', 'regenerate'])
      const polarity = kind === 'thumbs' ? pick([-1, 1] as const) : kind === 'regenerate' ? -1 : 0
      const value = kind === 'completion' ? pick([0, 1]) : kind === 'thumbs' ? polarity : undefined
      // Feedback comes at once or days later, when the window is long over.
      const late = pick([1000, minuteMs, 60 * hourMs])
      const isPositive = kind === 'accept' || kind === 'action'
      return {
        traceId,
        kind,
        id: pick(['same', newSpanId()]),
        value,
        polarity: isPositive ? 1 : polarity,
        at: new Date(at.getTime() + Math.floor(uniform() * late) + raw.signals.length),
      }
    })
  }
}
