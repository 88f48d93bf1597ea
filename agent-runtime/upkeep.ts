import { removeOldBudgetDays } from '../db/budgets.ts'
import { claimRun } from '../db/run-attempts.ts'
import { resumeRun } from '../db/run-interrupts.ts'
import { listAnswered, listJobless, listTrimmable, listUnarchived, reviveLostRuns } from '../db/run-upkeep.ts'
import type { Run } from '../db/runs.ts'
import type { Services } from '../db/services.ts'
import { enqueueRun, tellQueued } from './enqueue.ts'
import type { Runtime } from './execution.ts'
import { writeLostAttempt } from './instrument/run-trace.ts'
import { archiveRun, endRun } from './run-end.ts'

export type UpkeepTimes = {
  everyMs: number
  /** A running run not heard of for this long has lost its worker. */
  lostAfterMs: number
  /** A queued run without a known job gets one after this long; one with a job gets it again, in case the queue forgot. */
  joblessMs: number
  forgottenMs: number
  /** An ended run's worker has this long to archive it. */
  archiveAfterMs: number
  keepLiveMs: number
}
export const upkeepTimes: UpkeepTimes = {
  everyMs: 2_000,
  lostAfterMs: 15_000,
  joblessMs: 5_000,
  forgottenMs: 60_000,
  archiveAfterMs: 5_000,
  keepLiveMs: 3_600_000,
}

const mostLostWorkers = 4
/** Lost runs must not wait long for the live logs of ended ones to go. */
const trimsAtOnce = 10

/**
 * Mends what processes leave behind when they die: runs whose worker is lost, runs without a job, answered questions not
 * acted on, ended runs not archived; and removes budgets' days of long ago. Every step may be done by several workers at once, or twice.
 */
export function startUpkeep(runtime: Runtime, times: UpkeepTimes): { stop(): Promise<void> } {
  const { services } = runtime
  let timer: NodeJS.Timeout | undefined
  let stopped = false
  let rounds = 0
  let trimsOn = false

  async function round() {
    for (const run of await reviveLostRuns(services.postgres, times.lostAfterMs)) await revive(runtime, run)
    for (const run of await listJobless(services.postgres, { freshMs: times.joblessMs, staleMs: times.forgottenMs }))
      await requeue(services, run)
    for (const { id: runId, projectId } of await listAnswered(services.postgres)) {
      const attempt = await resumeRun(services.postgres, runId)
      if (attempt !== undefined) await enqueueRun(services, { runId, projectId, attempt })
    }
    for (const run of await listUnarchived(services.postgres, times.archiveAfterMs)) await archiveRun(runtime, run)
    if (rounds++ % 30 !== 0 && !trimsOn) return
    trimsOn = await trim(services, times.keepLiveMs)
    await removeOldBudgetDays(services.postgres)
  }

  let last = Promise.resolve()
  const next = () => {
    timer = setTimeout(() => {
      last = round()
        .catch(error => services.log.warn('the upkeep of runs failed and is tried again', { error }))
        .then(() => (stopped ? undefined : next()))
    }, times.everyMs)
  }
  next()
  return {
    async stop() {
      stopped = true
      clearTimeout(timer)
      await Promise.race([last, new Promise(resolve => setTimeout(resolve, 1_000))])
    },
  }
}

/** Whether there may be more to trim. */
async function trim({ events, postgres }: Services, keepLiveMs: number): Promise<boolean> {
  for (let n = 0; n < trimsAtOnce; n++)
    if ((await events.trim(await listTrimmable(postgres, keepLiveMs))) === 0) return false
  return true
}

async function requeue(services: Services, run: Run) {
  await tellQueued(services, run)
  await enqueueRun(services, { runId: run.id, projectId: run.projectId, attempt: run.attempt })
}

async function revive(runtime: Runtime, run: Run) {
  const { services, tracing } = runtime
  const attempt = { runId: run.id, attempt: run.attempt }
  services.log.warn('the worker of a run was lost', { run: run.id, attempt: run.attempt })
  writeLostAttempt(tracing, run)
  if (run.lostWorkers <= mostLostWorkers) return enqueueRun(services, { ...attempt, projectId: run.projectId })
  // A run that takes every worker down with it must not go round for ever.
  const claimed = await claimRun(services.postgres, attempt)
  const error = `worker lost ${run.lostWorkers} times`
  if (claimed) await endRun(runtime, claimed, { status: 'error', error, endedAt: new Date(), usage: run.usage })
}
