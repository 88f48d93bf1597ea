import { setTimeout as delay } from 'node:timers/promises'
import { alone } from '../db/advisory-lock.ts'
import { writeMark } from '../db/marks.ts'
import { reconcileLock } from '../db/reconcile.ts'
import { listRetentions, oldBefore, removeOld, removeOldRuns, retentionMark, rewriteParts } from '../db/retention.ts'
import { heldMs, type RetentionClock, readClock, trustClock } from '../db/retention-clock.ts'
import type { Services } from '../db/services.ts'
import { inRounds, type Rounds } from './rounds.ts'

const quarterMs = 15 * 60_000

/**
 * Removes what projects no longer keep, now and every quarter of an hour; one process at a time, and not while `traces` is
 * checked against `spans`, which would miss what is gone from one of them. A clock that is far ahead of the last removals
 * is believed after `holdMs`, or as soon as somebody says that it is right.
 */
export function removeOldData(
  { clickhouse, postgres, log }: Pick<Services, 'clickhouse' | 'postgres' | 'log'>,
  { everyMs = quarterMs, holdMs = heldMs } = {},
): Rounds {
  const doubtedFromMs = new Map<string, number>()

  /** By a clock that goes on when the time is set anew. */
  function isHeld(projectId: string, { now, lastSeen, isDoubted }: RetentionClock): boolean {
    const fromMs = doubtedFromMs.get(projectId)
    if (!isDoubted) doubtedFromMs.delete(projectId)
    else if (fromMs === undefined) {
      doubtedFromMs.set(projectId, performance.now())
      const sentence = 'nothing old is removed for now: the clock is far ahead of the last time, and may be wrong'
      log.warn(sentence, { project: projectId, now, lastSeen })
    }
    return isDoubted && performance.now() - (fromMs ?? performance.now()) < holdMs
  }

  async function remove(signal: AbortSignal) {
    for (const { projectId, days } of await listRetentions(postgres)) {
      signal.throwIfAborted()
      try {
        const clock = await readClock(postgres, projectId)
        if (isHeld(projectId, clock)) continue
        await removeFrom(projectId, oldBefore(days, clock.now), signal)
        await trustClock(postgres, projectId)
      } catch (error) {
        if (signal.aborted) throw error
        log.warn('cannot remove now what a project no longer keeps', { project: projectId, error })
      }
    }
    await rewriteParts(clickhouse, signal)
  }

  async function removeFrom(projectId: string, before: Date, signal: AbortSignal) {
    const rows = await removeOld(clickhouse, { projectId, before, signal })
    const runs = await removeOldRuns(postgres, { projectId, before })
    await writeMark(postgres, retentionMark(projectId), before)
    if (runs > 0 || Object.keys(rows).length > 0)
      log.info('data that is no longer kept was removed', { project: projectId, before, ...rows, runs })
  }

  return inRounds(
    async signal => {
      try {
        while (!(await alone(postgres, reconcileLock, () => remove(signal)))) await delay(500, undefined, { signal })
      } catch (error) {
        if (!signal.aborted) log.warn('cannot remove now what is no longer kept', { error })
      }
    },
    { everyMs, settleMs: 0 },
  )
}
