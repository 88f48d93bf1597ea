import { randomBytes } from 'node:crypto'
import { z } from 'zod'
import type { Caller } from '../db/identity.ts'
import { checkUrl } from '../db/outbound.ts'
import { readSettings } from '../db/projects.ts'
import { cancelRun } from '../db/run-attempts.ts'
import { answerInterrupt, type RunInterrupt, resumeRun } from '../db/run-interrupts.ts'
import { createRun, findRun, findRunByKey, type Run } from '../db/runs.ts'
import type { Services } from '../db/services.ts'
import { answeredEvent } from './answers.ts'
import { ApiError, parseInput } from './api-error.ts'
import { enqueueRun, jobId, tellQueued } from './enqueue.ts'
import { tellEnd } from './run-end.ts'
import { decideArm } from './serving.ts'
import type { Workflows } from './workflows/registry.ts'

const label = z.string().trim().min(1).max(200)

export const newRunBody = z.strictObject({
  workflow: z.string(),
  input: z.unknown(),
  user_id: label.optional(),
  session_id: label.optional(),
  metadata: z
    .record(z.string().max(100), z.union([z.string().max(2000), z.number(), z.boolean(), z.null()]))
    .refine(given => Object.keys(given).length <= 50, 'has more than 50 keys')
    .optional(),
  idempotency_key: label.optional(),
  /** Told, signed, when the run has ended. */
  webhook: z.string().max(2000).optional(),
})
export type NewRunBody = z.infer<typeof newRunBody>

const retryAfterS = 5

/** Accepts a run: stored first, then told and queued; what fails after it is stored is made good by upkeep. */
export async function startRun(
  services: Services,
  workflows: Workflows,
  { projectId }: Caller,
  body: NewRunBody,
): Promise<{ run: Run; existed: boolean }> {
  const { postgres, log } = services
  const known = body.idempotency_key && (await findRunByKey(postgres, projectId, body.idempotency_key))
  if (known) return { run: known, existed: true }
  const decided = await decideArm(services, workflows, {
    projectId,
    workflow: body.workflow,
    userId: body.user_id ?? null,
    sessionId: body.session_id ?? null,
    metadata: body.metadata ?? {},
  })
  if (!decided) throw new ApiError(404, `there is no workflow ${body.workflow}`, { path: 'workflow' })
  const { workflow, variant, pinned } = decided
  const input = parseInput(workflow.input, body.input, ['input'])
  const webhook = body.webhook && callable(body.webhook, services.config)
  const created = await createRun(
    postgres,
    {
      id: `run_${randomBytes(10).toString('hex')}`,
      projectId,
      traceId: randomBytes(16).toString('hex'),
      rootSpanId: randomBytes(8).toString('hex'),
      workflow: workflow.name,
      workflowVersion: workflow.version,
      input,
      userId: body.user_id,
      sessionId: body.session_id,
      metadata: body.metadata,
      arms: { [workflow.name]: variant },
      pinned,
      idempotencyKey: body.idempotency_key,
      webhook,
    },
    await readSettings(postgres, projectId),
  )
  if ('refused' in created) {
    const whose = created.refused === 'user' ? `user ${body.user_id}` : 'this project'
    throw new ApiError(429, `${whose} has ${created.open} runs queued or running, and may have ${created.limit}`, {
      retryAfterS,
    })
  }
  if (created.existed) return created
  const { run } = created
  try {
    await tellQueued(services, run)
    await enqueueRun(services, { runId: run.id, projectId, attempt: run.attempt })
  } catch (error) {
    log.warn('a run was stored but not queued; upkeep does it', { run: run.id, error })
  }
  return created
}

/** The URL, when it may be called as far as it tells itself; where its name leads is checked when it is called. */
function callable(url: string, { allowPrivateAddresses }: Services['config']): string {
  try {
    return checkUrl(url, { allowPrivate: allowPrivateAddresses }).href
  } catch (error) {
    throw new ApiError(400, `webhook: ${error instanceof Error ? error.message : error}`, { path: 'webhook' })
  }
}

/** Cancels a run that no worker holds at once; tells the worker of one that is held. An ended run stays as it is. */
export async function cancel(services: Services, run: Run): Promise<Run> {
  const { postgres, queues, events, log } = services
  const changed = await cancelRun(postgres, run.id)
  if (!changed) return (await findRun(postgres, run.id)) ?? run
  if (changed.status === 'running') {
    await events.nudge(run.id)
    return changed
  }
  await tellEnd({ services }, changed)
  await queues
    .remove('runs', jobId({ runId: run.id, attempt: changed.attempt - 1 }))
    .catch(error => log.debug('the job of a cancelled run stays in the queue', { run: run.id, error }))
  return changed
}

export const answerBody = z.strictObject({
  decision: z.unknown().refine(value => value !== undefined && value !== null, 'must be given'),
  approver: label.optional(),
})

/** Answers a run's question, once, and lets the run go on when it was the last. */
export async function answer(
  services: Services,
  run: Run,
  interruptId: string,
  { decision, approver }: { decision: unknown; approver: string | null },
): Promise<RunInterrupt> {
  const { postgres, log } = services
  if (run.endedAt) throw new ApiError(409, `run ${run.id} has ended: it is ${run.status}`)
  const given = await answerInterrupt(postgres, { runId: run.id, interruptId }, { decision, approver })
  if (!given) throw new ApiError(404, `run ${run.id} has no interrupt ${interruptId}`)
  if (!given.answered) {
    const { approver: by, answeredAt } = given.interrupt
    throw new ApiError(409, `the interrupt was answered${by ? ` by ${by}` : ''} at ${answeredAt?.toISOString()}`)
  }
  // The answer counts from here on: who gave it must not be told to try again.
  await goOn(services, run, given.interrupt).catch(error =>
    log.warn('an answer was stored but its run not queued; upkeep does it', { run: run.id, error }),
  )
  return given.interrupt
}

async function goOn(services: Services, run: Run, interrupt: RunInterrupt) {
  const writer = { runId: run.id, traceId: run.traceId, attempt: run.attempt }
  await services.events.append(writer, [answeredEvent(interrupt)], { after: 0, again: false })
  const attempt = await resumeRun(services.postgres, run.id)
  if (attempt !== undefined) await enqueueRun(services, { runId: run.id, projectId: run.projectId, attempt })
}
