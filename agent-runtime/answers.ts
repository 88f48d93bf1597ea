import { fitData, type NewRunEvent } from '../db/domain/run.ts'
import { listInterrupts, type RunInterrupt } from '../db/run-interrupts.ts'
import type { Run } from '../db/runs.ts'
import type { Services } from '../db/services.ts'
import { readAll } from './discard.ts'
import type { EventWriter } from './event-writer.ts'

/** The event of an answer that was given. */
export function answeredEvent({ runId, interruptId, decision, approver }: RunInterrupt): NewRunEvent {
  const data = { interrupt_id: interruptId, decision, approver }
  return { type: 'interrupt.answered', data: fitData('interrupt.answered', data, `/v1/runs/${runId}`) }
}

/**
 * Tells of answers that are stored and not in the log, which was away when they came. To be called once this attempt has
 * written: from then on nobody else tells of an answer to an earlier one.
 */
export async function tellAnswers({ postgres, events }: Services, run: Run, writer: EventWriter) {
  const answered = (await listInterrupts(postgres, run.id)).filter(({ answeredAt }) => answeredAt)
  if (answered.length === 0) return
  await writer.flush()
  const log = await readAll(events, { runId: run.id, projectId: run.projectId })
  const told = new Set(log.flatMap(event => (event.type === 'interrupt.answered' ? [event.data.interrupt_id] : [])))
  for (const one of answered) if (!told.has(one.interruptId)) writer.emit(answeredEvent(one))
}
