import { RunControl } from '@langchain/langgraph'
import { openPrices } from '../db/costs.ts'
import { type Changed, concerns } from '../db/flag-held.ts'
import type { Flags } from '../db/flag-memory.ts'
import { openRuns } from '../db/monitored.ts'
import type { Payload } from '../db/queues.ts'
import { beat, claimRun, requeueRun } from '../db/run-attempts.ts'
import { resumeRun } from '../db/run-interrupts.ts'
import { findRun, type Run } from '../db/runs.ts'
import type { RunUsage } from '../db/schema.ts'
import type { Running, Services } from '../db/services.ts'
import { openCheckpoints } from './checkpoints.ts'
import { loadOwnDocumentation } from './documentation.ts'
import { enqueueRun } from './enqueue.ts'
import { type Attempted, attemptRun, type Runtime } from './execution.ts'
import { Hold } from './hold.ts'
import { reachableProviders } from './inference/models.ts'
import { openRoute } from './inference/route.ts'
import { checkCallbacks } from './instrument/startup-check.ts'
import { openTracing } from './instrument/tracing.ts'
import { pauseRun } from './pause.ts'
import { archiveRun, endRun } from './run-end.ts'
import { offFor } from './serving.ts'
import { startUpkeep, type UpkeepTimes, upkeepTimes } from './upkeep.ts'
import { loadWorkflows } from './workflows/load.ts'

const beatMs = 2_000
/** Of the 4 s to stop: until here steps may end by themselves, then they are cut off. */
const drainMs = 1_800

/**
 * Works on queued runs, `config.agentConcurrency` at a time, and looks after those that other workers left. Throws a
 * sentence when a workflow cannot be loaded or a model is not pinned.
 */
export async function startAgent(services: Services, times: UpkeepTimes = upkeepTimes): Promise<Running> {
  const workflows = await loadWorkflows(services.config)
  const route = openRoute(services.config)
  await checkCallbacks()
  const saver = await openCheckpoints(services.postgres)
  await loadOwnDocumentation(services)
  const prices = await openPrices(services.postgres)
  const runtime: Runtime = { services, tracing: openTracing(services), route, saver, prices }
  await services.flags.tell({
    workflows: workflows.known(),
    providers: reachableProviders(services.config),
  })
  const work = new Map<string, { run: Run; hold: Hold; control: RunControl; ended: Promise<void> }>()
  let stopping = false
  const givenBack: Payload<'runs'>[] = []

  async function process({ runId, projectId, attempt }: Payload<'runs'>, lockLost: AbortSignal) {
    // A worker that pauses may still be handed a job that it was waiting for.
    if (stopping) return void givenBack.push({ runId, projectId, attempt })
    const run = await claimRun(services.postgres, { runId, attempt })
    if (!run) return
    const hold = new Hold()
    const control = new RunControl()
    lockLost.addEventListener('abort', () => hold.halt('lost', 'the queue gave the run to another worker'), {
      once: true,
    })
    const ended = perform(run, hold, control)
    work.set(run.id, { run, hold, control, ended })
    await ended.finally(() => work.delete(run.id))
  }

  async function perform(run: Run, hold: Hold, control: RunControl) {
    const exact = workflows.find(run.workflow, run.workflowVersion)
    const workflow = exact ?? workflows.find(run.workflow)
    if (!workflow) {
      const error = `this worker does not know the workflow ${run.workflow}`
      return void (await endRun(runtime, run, { status: 'error', error, endedAt: new Date(), usage: run.usage }))
    }
    const watch = await watchRun(services, run, hold, times.lostAfterMs)
    try {
      const barred = exact ? undefined : `no worker here knows version ${run.workflowVersion} of ${run.workflow}`
      const attempted = await attemptRun(runtime, { workflow, run, barred }, hold, control)
      await attempted.settled()
      const back = await conclude(runtime, run, attempted, hold)
      // While this worker stops it would take its own jobs again: they are added when it has closed.
      if (back && stopping) givenBack.push(back)
      else if (back) await enqueueRun(services, back)
    } finally {
      watch.stop()
    }
  }

  const unlisten = services.flags.onChange(changed => stopCalls(services.flags, changed, work.values()))
  const worker = services.queues.work('runs', services.config.agentConcurrency, process)
  await worker.ready()
  const upkeep = startUpkeep(runtime, times)
  const open = { name: 'davylamp_runs', help: 'Runs of all projects that have not ended.', labels: ['status'] }
  services.monitor.asks(open, () => openRuns(services.postgres))
  return {
    name: 'agent',
    urls: [],
    async stop() {
      stopping = true
      unlisten()
      await Promise.all([worker.pause(), upkeep.stop()])
      for (const { control } of work.values()) control.requestDrain('the worker stops')
      const all = () => Promise.allSettled([...work.values()].map(({ ended }) => ended))
      await Promise.race([all(), new Promise(resolve => setTimeout(resolve, drainMs))])
      for (const { hold } of work.values()) hold.halt('stopping', 'the worker stops')
      await all()
      await worker.close()
      for (const back of givenBack) await enqueueRun(services, back)
      await runtime.tracing.stop()
    },
  }
}

/**
 * AI may have been switched off: the model calls of runs at work end now, where their flag does not let them finish.
 * Answers of how many.
 */
function stopCalls(flags: Flags, changed: Changed, work: Iterable<{ run: Run; hold: Hold }>): number {
  const concerned = [...work].filter(({ run }) => concerns(changed, run.projectId))
  return concerned.filter(({ run, hold }) => {
    const off = offFor(flags, run)
    return off?.whenOff === 'stop' && hold.switchOff(off.reason)
  }).length
}

/** Keeps the run's heartbeat, and halts the hold when cancel is asked for, or the run has gone to another worker. */
async function watchRun({ events, postgres, log }: Services, run: Run, hold: Hold, lostAfterMs: number) {
  let keptAt = Date.now()
  // Others take the run over when it is not heard of: stop before they begin.
  const leftMs = () => keptAt + lostAfterMs * 0.7 - Date.now()
  const giveUp = () => hold.halt('lost', 'the heartbeat could not be kept')
  const look = async () => {
    const askedAt = Date.now()
    // A database that has gone silent answers nothing, not even an error. Between the two timers an answer is heard that
    // lay waiting while this process was too busy to hear it.
    const momentMs = lostAfterMs * 0.1
    let late: NodeJS.Timeout = setTimeout(() => (late = setTimeout(giveUp, momentMs)), leftMs() - momentMs)
    try {
      const { mine, cancelRequested } = await beat(postgres, { runId: run.id, attempt: run.attempt })
      keptAt = Math.max(keptAt, askedAt)
      if (!mine) hold.halt('lost', 'another worker took the run over')
      else if (cancelRequested) hold.halt('cancelled', 'cancel was asked for')
    } catch (error) {
      log.warn('a heartbeat of a run failed', { run: run.id, error })
      if (leftMs() < 0) giveUp()
    } finally {
      clearTimeout(late)
    }
  }
  const unlisten = await events.onNudge(run.id, () => void look())
  await look()
  const timer = setInterval(() => void look(), Math.min(beatMs, lostAfterMs / 4))
  return {
    stop() {
      clearInterval(timer)
      unlisten()
    },
  }
}

/** Writes down what an attempt came to; answers the job to add when the run goes back into the queue. */
async function conclude(
  runtime: Runtime,
  run: Run,
  attempted: Attempted,
  hold: Hold,
): Promise<Payload<'runs'> | undefined> {
  const { services } = runtime
  const { outcome, usage, serving } = attempted
  const served = { servedBy: serving.servedBy, servedReason: serving.reason, usage }
  const end = async (
    status: 'done' | 'error' | 'cancelled',
    more: { result?: unknown; error?: string },
  ): Promise<undefined> => {
    const ended = await endRun(runtime, run, { status, ...more, endedAt: new Date(), ...served })
    // In the background: nobody waits for the archive, and upkeep does it again when it fails.
    if (ended)
      void archive(runtime, run.id).catch(error =>
        services.log.debug('a run is archived later', { run: run.id, error }),
      )
  }
  if (outcome.kind === 'done') return end('done', { result: outcome.result })
  if (outcome.kind === 'interrupted' && (await pauseRun(services, run, attempted, outcome.questions, hold)))
    return resumed(services, run)
  const halted = hold.halted?.kind
  if (outcome.kind === 'drained' || halted === 'stopping') return giveBack(services, run, usage)
  if (halted === 'cancelled') return end('cancelled', {})
  // Lost to the queue alone, the run is still ours in the row: give it back. Lost to another worker, this changes nothing.
  if (halted === 'lost') return giveBack(services, run, usage)
  // Cancel was asked for since the last look: nobody would hear of it once the run is paused.
  if (outcome.kind === 'interrupted') return end('cancelled', {})
  const error = outcome.kind === 'failed' ? outcome.error : new Error('it was halted')
  services.log.warn('a run failed', { run: run.id, workflow: run.workflow, error })
  return end('error', { error: error.message })
}

/** The job to add when all questions were answered before the run was paused. */
async function resumed({ postgres }: Services, { id: runId, projectId }: Run): Promise<Payload<'runs'> | undefined> {
  const attempt = await resumeRun(postgres, runId)
  return attempt === undefined ? undefined : { runId, projectId, attempt }
}

/** Back into the queue, unless another worker has the run. */
async function giveBack({ postgres }: Services, run: Run, usage: RunUsage): Promise<Payload<'runs'> | undefined> {
  const attempt = { runId: run.id, attempt: run.attempt }
  const mine = await requeueRun(postgres, attempt, 'worker stopped', usage)
  return mine ? { ...attempt, projectId: run.projectId } : undefined
}

async function archive(runtime: Runtime, runId: string) {
  const ended = await findRun(runtime.services.postgres, runId)
  if (ended?.endedAt && !ended.archivedAt) await archiveRun(runtime, ended, { told: true })
}
