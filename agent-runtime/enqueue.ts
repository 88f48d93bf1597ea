import { fitData } from '../db/domain/run.ts'
import { type Attempt, markEnqueued } from '../db/run-attempts.ts'
import type { Run } from '../db/runs.ts'
import type { Services } from '../db/services.ts'

type Queued = Pick<Services, 'queues' | 'postgres'>

/** The job that takes a run on from this attempt. The same attempt's job is in the queue at most once. */
export const jobId = ({ runId, attempt }: Attempt) => `${runId}-${attempt}`

/** Puts a queued run's job into the queue. Dying before it is noted, or before it is there, is made good by upkeep. */
export async function enqueueRun({ queues, postgres }: Queued, run: Attempt & { projectId: string }) {
  const { runId, projectId, attempt } = run
  await queues.add('runs', jobId(run), { runId, projectId, attempt })
  await markEnqueued(postgres, run)
}

/** The first event of a run, unless it has one. */
export async function tellQueued({ events }: Pick<Services, 'events'>, run: Run) {
  const data = { workflow: run.workflow, version: run.workflowVersion, input: run.input }
  const writer = { runId: run.id, traceId: run.traceId, attempt: run.attempt }
  await events.begin(writer, { type: 'queued', data: fitData('queued', data, `/v1/runs/${run.id}`) })
}
