import type { NewRunEvent } from '../db/domain/run.ts'
import { FencedError } from '../db/event-log.ts'
import { beat, type Ending, finishRun } from '../db/run-attempts.ts'
import { markArchived } from '../db/run-upkeep.ts'
import type { Run } from '../db/runs.ts'
import type { Runtime } from './execution.ts'
import { writeRoot } from './instrument/run-trace.ts'

const longestFlushMs = 3_000

/**
 * Ends a run that this attempt holds: the root span, then the row, then the terminal event; so the trace is there when
 * the run is done, unless ingest is away: then its spans are kept and sent later. False when the run was lost before.
 */
export async function endRun(runtime: Runtime, run: Run, ending: Ending): Promise<boolean> {
  const { services, tracing } = runtime
  const attempt = { runId: run.id, attempt: run.attempt }
  if (!(await beat(services.postgres, attempt)).mine) return false
  const ended: Run = {
    ...run,
    ...ending,
    error: ending.error ?? null,
    servedBy: ending.servedBy ?? null,
    servedReason: ending.servedReason ?? null,
  }
  writeRoot(tracing, ended)
  await tracing.outbox.flush(run.projectId, longestFlushMs)
  if (!(await finishRun(services.postgres, attempt, ending))) return false
  await tellEnd(runtime, ended)
  return true
}

/** Writes the terminal event, unless it is there. */
export async function tellEnd({ services }: Pick<Runtime, 'services'>, run: Run) {
  const writer = { runId: run.id, traceId: run.traceId, attempt: run.attempt }
  await services.events.append(writer, [terminalEvent(run)]).catch(error => {
    if (!(error instanceof FencedError)) throw error
  })
}

/**
 * Moves an ended run's events and checkpoints away. Without `told` it first makes good what a process left undone that
 * died while the run ended, or that cancelled it without a worker: the root span and the terminal event.
 */
export async function archiveRun(runtime: Runtime, run: Run, { told = false } = {}) {
  const { services, tracing, saver } = runtime
  const ref = { runId: run.id, projectId: run.projectId }
  if (!told) {
    if (run.startedAt) writeRoot(tracing, run)
    await tellEnd(runtime, run)
  }
  await services.events.archive(ref)
  await saver.deleteThread(run.id)
  await markArchived(services.postgres, run.id)
}

function terminalEvent(run: Run): NewRunEvent {
  if (run.status === 'cancelled') return { type: 'cancelled', data: { reason: 'cancel was asked for' } }
  if (run.status === 'error') return { type: 'error', data: { message: run.error ?? 'it failed', code: 'run_failed' } }
  const { inputTokens, outputTokens, estimated } = run.usage
  const data = {
    result: run.result,
    served_by: run.servedBy ?? 'ai',
    ...(run.servedReason && { served_reason: run.servedReason }),
    usage: { input_tokens: inputTokens, output_tokens: outputTokens, ...(estimated && { estimated }) },
  }
  return { type: 'done', data }
}
