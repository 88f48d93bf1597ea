import { randomUUID } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import { alone } from '../db/advisory-lock.ts'
import { pricesKnownMs, readPriceBook } from '../db/costs.ts'
import { applyCosts, hoursOfCalls, planCosts } from '../db/recompute.ts'
import {
  claimRecompute,
  endRecompute,
  failedBefore,
  giveBackRecompute,
  noteRecompute,
  type RecomputeJob,
} from '../db/recompute-jobs.ts'
import { cellsOf, reconcileHours, reconcileLock } from '../db/reconcile.ts'
import type { Services } from '../db/services.ts'

type Parts = Pick<Services, 'clickhouse' | 'postgres' | 'log'>
export type RecomputeOptions = { pollMs: number; heartbeatMs: number; settleMs: number; pricesKnownMs: number }
const usual: RecomputeOptions = {
  pollMs: 2_000,
  heartbeatMs: 5_000,
  /** As the check of `traces` has it: what was received just now may be half inserted, and is looked at there. */
  settleMs: 15_000,
  /** And what was priced by the old prices just before is stored. */
  pricesKnownMs: pricesKnownMs + 5_000,
}
const daysPerMend = 10

/** Computes the costs of spans again where a project asked for it: one work at a time, in the background. */
export function recomputeCosts(parts: Parts, given: Partial<RecomputeOptions> = {}) {
  const options = { ...usual, ...given }
  const { postgres, log } = parts
  const worker = randomUUID()
  const stopping = new AbortController()

  async function loop() {
    while (!stopping.signal.aborted) {
      const job = await claimRecompute(postgres, worker).catch(error => {
        log.warn('cannot look for costs to compute again', { error })
        return undefined
      })
      if (job) await attempt(job)
      else await delay(options.pollMs, undefined, { signal: stopping.signal, ref: false }).catch(() => {})
    }
  }

  async function attempt(job: RecomputeJob) {
    const held = { id: job.id, worker }
    const lost = new AbortController()
    const signal = AbortSignal.any([stopping.signal, lost.signal])
    const beat = setInterval(() => {
      noteRecompute(postgres, held).then(
        isHeld => !isHeld && lost.abort(new Error('another process has this work')),
        () => {},
      )
    }, options.heartbeatMs)
    try {
      await recompute(parts, job, { ...options, worker, signal })
      await endRecompute(postgres, held)
    } catch (error) {
      const words = stopping.signal.aborted ? '' : error instanceof Error ? error.message : String(error)
      if (words) log.warn('cannot compute costs again now', { project: job.projectId, error })
      await giveBackRecompute(postgres, held, words).catch(() => {})
    } finally {
      clearInterval(beat)
    }
  }

  const running = loop()
  return {
    /** Gives the work under way back, for the next process to go on. */
    async stop() {
      stopping.abort()
      await running
    },
  }
}

type Work = RecomputeOptions & { worker: string; signal: AbortSignal }

/**
 * The costs first, then the sums of `traces`. Each step can be done again, so a work that was cut short is begun anew
 * and finds what is left. A second round finds what was priced by the old prices while the first was under way.
 */
async function recompute({ clickhouse, postgres }: Parts, job: RecomputeJob, work: Work) {
  const { signal, settleMs } = work
  const held = { id: job.id, worker: work.worker }
  await delay(Math.max(0, job.createdAt.getTime() + work.pricesKnownMs - Date.now()), undefined, { signal, ref: false })
  let done = 0
  for (let round = 0; round < 2; round++) {
    const book = await readPriceBook(postgres, job.projectId)
    const plan = await planCosts(clickhouse, book, job)
    if (plan.changes.length === 0) break
    const steps = done + plan.changes.length + 1
    await noteRecompute(postgres, held, { steps, stepsDone: done })
    for (const change of plan.changes) {
      const mark = `recompute ${job.id} round ${round} step ${done} by ${work.worker}`
      await applyCosts(clickhouse, book, { window: job, change, mark, signal })
      done += 1
      await noteRecompute(postgres, held, { stepsDone: done, changed: change.spans, costChangeNanoUsd: change.nanoUsd })
    }
  }
  const nothingToSum = done === 0 && job.steps === 0 && !(await failedBefore(postgres, job))
  if (nothingToSum) return
  const cells = cellsOf(job.projectId, await hoursOfCalls(clickhouse, job))
  const mends = Math.ceil(cells.length / daysPerMend)
  for (let at = 0; at < mends; at++) {
    await noteRecompute(postgres, held, { steps: done + mends, stepsDone: done + at })
    const some = cells.slice(at * daysPerMend, (at + 1) * daysPerMend)
    const mend = async () => void (await reconcileHours(clickhouse, some, { settleMs, signal }))
    while (!(await alone(postgres, reconcileLock, mend))) await delay(500, undefined, { signal })
    signal.throwIfAborted()
  }
}
