import { interruptRun, keepQuestions, type Question } from '../db/run-attempts.ts'
import type { Run } from '../db/runs.ts'
import type { Services } from '../db/services.ts'
import { readAll } from './discard.ts'
import type { Attempted } from './execution.ts'
import type { Hold } from './hold.ts'

/**
 * Puts a run's questions and pauses it. They are kept first, so that whoever hears of one can answer it, and told before
 * the run is paused, so that none waits for an answer to what nobody was asked. False when it is not to be paused: it was
 * halted, or its cancel was asked for.
 */
export async function pauseRun(
  { postgres, events }: Services,
  run: Run,
  { serving, usage, writer }: Attempted,
  questions: Question[],
  hold: Hold,
): Promise<boolean> {
  const attempt = { runId: run.id, attempt: run.attempt }
  if (hold.halted || !(await keepQuestions(postgres, attempt, questions))) return false
  const before = run.attempt > 1 ? await readAll(events, { runId: run.id, projectId: run.projectId }) : []
  const told = new Set(before.flatMap(event => (event.type === 'interrupt' ? [event.data.interrupt_id] : [])))
  for (const { interruptId, value } of questions.filter(question => !told.has(question.interruptId)))
    writer.emit({ type: 'interrupt', data: { interrupt_id: interruptId, value } })
  await writer.flush()
  const served = { servedBy: serving.servedBy, servedReason: serving.reason, usage }
  return !hold.halted && interruptRun(postgres, attempt, served)
}
