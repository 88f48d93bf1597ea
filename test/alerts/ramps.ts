import { lookAtRamps } from '../../alerts/ramp.ts'
import { openJudge } from '../../alerts/ramp-judge.ts'
import { evaluate } from '../../db/domain/flags/evaluate.ts'
import type { WorkflowFlag } from '../../db/domain/flags/flag.ts'
import { emptySet } from '../../db/domain/flags/flag-set.ts'
import type { Span } from '../../db/domain/span.ts'
import { dayMs, hourMs } from '../../db/domain/time.ts'
import { readItem } from '../../db/flag-history.ts'
import { createProject } from '../../db/projects.ts'
import type { Services } from '../../db/services.ts'
import { insertSignals, modelCall, type SignalFields, storeSpans, trace } from '../factories.ts'
import { putFlag, workflowDoc } from '../flags/factory.ts'

export const key = 'support'
const salt = 'of the test'

/** What the users of an arm meet. */
export type Luck = { errors?: number; disliked?: number; ms?: number; answers?: boolean; deterministic?: number }
export type Traffic = {
  users: [from: number, to: number]
  from: Date
  to: Date
  canary?: Luck
  control?: Luck
  /** Variants whose traces do not arrive, or only in part. */
  lost?: { variant: string; part: number }
}

const stages = [
  { share: 4500, hours: 24 },
  { share: 5000, hours: 24 },
  { share: 10_000, hours: 24 },
]

type Stores = Pick<Services, 'postgres' | 'clickhouse' | 'log'>
export type RampTest = Awaited<ReturnType<typeof openRamp>>

/** A project whose flag `support` began its ramp ten days ago, to be looked at as time goes by. */
export async function openRamp(stores: Stores, fields: Partial<WorkflowFlag> = {}, own?: string) {
  const { postgres, clickhouse } = stores
  const projectId = own ?? (await createProject(postgres, { name: 'Support desk' }))
  const alwaysOn = openJudge({ postgres, clickhouse, flags: { set: emptySet } })
  const began = new Date(Math.floor(Date.now() / hourMs) * hourMs - 10 * dayMs)
  const after = (hours: number) => new Date(began.getTime() + hours * hourMs)
  const ramp = { stages, state: 'running' as const, at: 0, since: began.toISOString() }
  const doc = workflowDoc(key, { state: 'canary', share: 4500, canary: { version: '2' }, salt, ramp, ...fields })
  const { version } = await putFlag({ postgres, projectId }, doc)
  await stamp(version, began)

  /** The store writes when a change was made; in the test's time that is another moment. */
  async function stamp(version: number, at: Date) {
    await postgres.sql`update flag_changes set at = ${at} where version = ${version}`
  }
  const item = async () => (await readItem(postgres, { projectId, kind: 'flag', key }))!
  const flag = async () => (await item()).doc as WorkflowFlag

  return {
    ...{ projectId, began, after, stamp, item, flag },
    /** Users come, are dealt to the arms by the product's own draw, and meet their luck. */
    async send({ users: [first, last], from, to, canary = {}, control = {}, lost }: Traffic) {
      const spans: Span[] = []
      const signals: SignalFields[] = []
      const live = { ...(await flag()), revision: 1 }
      for (let n = first; n < last; n++) {
        const userId = `user-${n}`
        const { variant = 'default' } = evaluate(live, { targetingKey: userId }, new Date())
        const at = new Date(from.getTime() + ((n - first) / (last - first)) * (to.getTime() - from.getTime()))
        if (lost && variant === lost.variant && chance(n, 5) < lost.part) continue
        const luck = variant === 'canary' ? canary : control
        const { errors = 0, disliked = 0.4, ms = 1000, answers = true, deterministic = 0 } = luck
        // Whatever the deterministic path serves fails here: an arm that took it in would show that.
        const serving = chance(n, 4) < deterministic ? 'deterministic' : 'ai'
        const failed = serving === 'deterministic' || chance(n, 1) < errors
        const made = trace(
          {
            ...{ at, userId, sessionId: `session-${n}`, workflow: key, featureFlags: { [key]: variant } },
            input: `How long may I return order ${n}?`,
            durationMs: ms * (0.8 + 0.4 * chance(n, 2)),
            serving,
            status: failed ? 'error' : 'ok',
          },
          [modelCall({ at, costUsd: 0.01 + 0.002 * chance(n, 2) })],
        )
        spans.push(...made)
        const polarity = chance(n, 3) < disliked ? -1 : 1
        if (answers) signals.push({ traceId: made[0]!.traceId, kind: 'thumbs', value: polarity, polarity, at, userId })
      }
      await storeSpans(clickhouse, projectId, spans)
      await insertSignals(clickhouse, projectId, signals)
    },
    /** What the worker does in a round; a step that it takes is stamped with the test's time. */
    async look(now: Date, judge = alwaysOn) {
      await lookAtRamps(stores, now, { judge })
      const { version } = await item()
      const [made] = await postgres.sql`select made_by from flag_changes where version = ${version}`
      if (made?.made_by === 'ramp') await stamp(version, now)
      return flag()
    },
  }
}

/** A number from 0 to 1 by a user's number and what it is for: the same in every run. */
function chance(n: number, what: number): number {
  let hash = Math.imul(n + 1, 0x9e3779b1) ^ Math.imul(what + 7, 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d)
  hash = Math.imul(hash ^ (hash >>> 12), 0x297a2d39)
  return ((hash ^ (hash >>> 15)) >>> 0) / 2 ** 32
}
