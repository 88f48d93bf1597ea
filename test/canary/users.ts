import { type CanaryQuestion, compareArms } from '../../db/canary.ts'
import type { CanaryStage } from '../../db/canary-sums.ts'
import { type GuardrailId, guardrailById } from '../../db/domain/guardrails.ts'
import type { Span } from '../../db/domain/span.ts'
import { dayMs } from '../../db/domain/time.ts'
import { insertSignals, modelCall, type SignalFields, storeSpans, trace } from '../factories.ts'
import { mintProject, testStores } from '../setup/context.ts'

export const { clickhouse } = testStores()
export const now = new Date('2026-06-20T12:00:00Z')
export const since = new Date(now.getTime() - 4 * dayMs)
export const stage = (share = 0.05, at = since): CanaryStage => ({ since: at, canaryShare: share, controlShare: share })
export const guards = (...ids: GuardrailId[]) => ids.map(guardrailById)

export type User = {
  id: string
  variant: string
  at?: Date
  failed?: boolean
  costUsd?: number
  ms?: number
  thumbs?: 1 | -1
  serving?: 'ai' | 'deterministic'
  traces?: number
}

/** Stores the traces of users, one each unless told, spread over the comparison's first days. */
export async function projectOf(users: User[]) {
  const { projectId } = await mintProject()
  const spans: Span[] = []
  const signals: SignalFields[] = []
  for (const [i, user] of users.entries()) {
    for (let n = 0; n < (user.traces ?? 1); n++) {
      const at = user.at ?? new Date(since.getTime() + 1000 + ((i * 7919) % 5000) * 60_000 + n * 1000)
      const root = {
        at,
        durationMs: user.ms ?? 1000,
        userId: user.id,
        sessionId: user.id && `session-${user.id}`,
        workflow: 'support',
        serving: user.serving ?? ('ai' as const),
        status: user.failed ? ('error' as const) : ('ok' as const),
        featureFlags: { support: user.variant },
      }
      const made = trace(root, [modelCall({ at, costUsd: user.costUsd ?? 0.01 })])
      spans.push(...made)
      if (user.thumbs)
        signals.push({ traceId: made[0]!.traceId, kind: 'thumbs', value: user.thumbs, polarity: user.thumbs, at })
    }
  }
  await storeSpans(clickhouse, projectId, spans)
  await insertSignals(clickhouse, projectId, signals)
  return projectId
}

/** So many users of an arm, of whom the first `bad` are different. */
export const arm = (
  variant: string,
  count: number,
  { bad = 0, as = {} }: { bad?: number; as?: Partial<User> } = {},
): User[] => Array.from({ length: count }, (_, i) => ({ id: `${variant}-${i}`, variant, ...(i < bad && as) }))

const question = (projectId: string, more: Partial<CanaryQuestion> = {}): CanaryQuestion => ({
  projectId,
  flag: 'support',
  stages: [stage()],
  now,
  guardrails: guards('error_rate'),
  plan: { planned: 2000, minUsers: 100, minDwellMs: dayMs },
  ...more,
})
export const compare = (projectId: string, more: Partial<CanaryQuestion> = {}) =>
  compareArms(clickhouse, question(projectId, more))
