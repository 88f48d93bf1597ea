import { alone } from '../db/advisory-lock.ts'
import { readMark, writeMark } from '../db/marks.ts'
import { reconcileLock, reconcileTraces } from '../db/reconcile.ts'
import type { Services } from '../db/services.ts'
import { inRounds, type Rounds } from './rounds.ts'

const name = reconcileLock
const everyMs = 180_000
/** An insert takes seconds; what was received before this is in both tables, or was never going to be. */
const settleMs = 15_000
/** A span may wait so long between being received and being inserted. */
const lateMs = 120_000
const firstLookBackMs = 24 * 3_600_000

/**
 * Checks `traces` against `spans` now, once more when what a killed process left has settled, and then every few
 * minutes, or soon after an insert was found to have arrived by half; one process does it at a time, from where the last
 * good check ended.
 */
export function checkTraces({ clickhouse, postgres, log }: Pick<Services, 'clickhouse' | 'postgres' | 'log'>): Rounds {
  async function check(signal: AbortSignal) {
    const began = Date.now()
    const mark = await readMark(postgres, name)
    const since = mark ?? new Date(began - firstLookBackMs)
    const { hours, mended } = await reconcileTraces(clickhouse, { since, settleMs, signal })
    if (signal.aborted) return
    await writeMark(postgres, name, new Date(began - settleMs - lateMs))
    if (mended > 0) log.info('traces that had parted from their spans were mended', { mended, hours })
  }

  const round = (signal: AbortSignal) =>
    alone(postgres, name, () => check(signal)).catch(error => {
      if (!signal.aborted) log.warn('cannot check traces against spans now', { error })
    })
  return inRounds(async signal => void (await round(signal)), { everyMs, settleMs })
}
