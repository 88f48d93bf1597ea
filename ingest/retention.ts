import { setTimeout as delay } from 'node:timers/promises'
import { alone } from '../db/advisory-lock.ts'
import { writeMark } from '../db/marks.ts'
import { reconcileLock } from '../db/reconcile.ts'
import { listRetentions, oldBefore, removeOld, removeOldRuns, retentionMark, rewriteParts } from '../db/retention.ts'
import type { Services } from '../db/services.ts'
import { inRounds, type Rounds } from './rounds.ts'

const everyMs = 15 * 60_000

/**
 * Removes what projects no longer keep, now and every quarter of an hour; one process at a time, and not while `traces` is
 * checked against `spans`, which would miss what is gone from one of them.
 */
export function removeOldData({
  clickhouse,
  postgres,
  log,
}: Pick<Services, 'clickhouse' | 'postgres' | 'log'>): Rounds {
  async function remove(signal: AbortSignal) {
    for (const { projectId, days } of await listRetentions(postgres)) {
      signal.throwIfAborted()
      const before = oldBefore(days, new Date())
      const rows = await removeOld(clickhouse, { projectId, before, signal })
      const runs = await removeOldRuns(postgres, { projectId, before })
      await writeMark(postgres, retentionMark(projectId), before)
      if (runs > 0 || Object.keys(rows).length > 0)
        log.info('data that is no longer kept was removed', { project: projectId, before, ...rows, runs })
    }
    await rewriteParts(clickhouse, signal)
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
