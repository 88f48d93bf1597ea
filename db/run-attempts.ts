import { and, eq, isNull, sql } from 'drizzle-orm'
import type { RunStatus } from './domain/run.ts'
import { type Tx, writeMessages } from './outbox.ts'
import type { Postgres } from './postgres.ts'
import type { Run } from './runs.ts'
import { type QueuedBecause, type RunUsage, runInterrupts, runs } from './schema.ts'

type Orm = Pick<Postgres, 'orm'>
/** Who writes: every write of an attempt that is no longer the run's own changes nothing. */
export type Attempt = { runId: string; attempt: number }

const own = ({ runId, attempt }: Attempt) =>
  and(eq(runs.id, runId), eq(runs.attempt, attempt), eq(runs.status, 'running'))

/** Takes a queued run as its next attempt; undefined when it was taken, cancelled, or is at another attempt by now. */
export async function claimRun({ orm }: Orm, { runId, attempt }: Attempt): Promise<Run | undefined> {
  const [row] = await orm
    .update(runs)
    .set({
      status: 'running',
      attempt: sql`${runs.attempt} + 1`,
      startedAt: sql`coalesce(${runs.startedAt}, now())`,
      attemptStartedAt: sql`now()`,
      heartbeatAt: sql`now()`,
    })
    .where(and(eq(runs.id, runId), eq(runs.attempt, attempt), eq(runs.status, 'queued')))
    .returning()
  return row
}

/** Says that the attempt is alive; `mine` is false when it has lost the run. */
export async function beat({ orm }: Orm, attempt: Attempt): Promise<{ mine: boolean; cancelRequested: boolean }> {
  const [row] = await orm
    .update(runs)
    .set({ heartbeatAt: sql`now()` })
    .where(own(attempt))
    .returning({ cancelRequestedAt: runs.cancelRequestedAt })
  return { mine: row !== undefined, cancelRequested: Boolean(row?.cancelRequestedAt) }
}

export type Ending = {
  status: 'done' | 'error' | 'cancelled'
  result?: unknown
  error?: string
  endedAt: Date
} & Served
export type Served = { servedBy?: 'ai' | 'deterministic'; servedReason?: string; usage: RunUsage }

/** Ends the run, and with it writes the message to its webhook; false when the attempt has lost it. */
export function finishRun({ orm }: Orm, attempt: Attempt, ending: Ending): Promise<boolean> {
  return orm.transaction(async tx => {
    const [run] = await tx.update(runs).set(ending).where(own(attempt)).returning(ended)
    if (run) await tellWebhook(tx, run)
    return run !== undefined
  })
}

const ended = { id: runs.id, projectId: runs.projectId, webhook: runs.webhook }

/** Messages to one host go one after the other in each of so many lines. */
const lines = 8

async function tellWebhook(tx: Tx, { id, projectId, webhook }: Pick<Run, 'id' | 'projectId' | 'webhook'>) {
  if (!webhook) return
  const lane = `runs ${projectId} ${new URL(webhook).host} ${Number.parseInt(id.slice(-4), 16) % lines || 0}`
  await writeMessages(tx, [{ id: `${id}_ended`, projectId, lane, kind: 'run', runId: id }])
}

/** Keeps for the run's life what a flag said, or that its arm is another than was decided when it was accepted. */
export async function pinRun(
  { orm }: Orm,
  attempt: Attempt,
  { arms, pinned }: Pick<Run, 'arms' | 'pinned'>,
): Promise<void> {
  await orm.update(runs).set({ arms, pinned }).where(own(attempt))
}

/** Gives the run back to the queue; false when the attempt has lost it. The caller adds the job. */
export async function requeueRun({ orm }: Orm, attempt: Attempt, because: QueuedBecause, usage: RunUsage) {
  const rows = await orm
    .update(runs)
    .set({ status: 'queued', queuedBecause: because, enqueuedAt: null, usage })
    .where(own(attempt))
    .returning({ id: runs.id })
  return rows.length > 0
}

export type Question = { interruptId: string; value: unknown }

const toPause = (attempt: Attempt) => and(own(attempt), isNull(runs.cancelRequestedAt))

/** Of a question without a value, which is one all the same. */
const jsonNull = sql`'null'::jsonb`

/**
 * Keeps the run's questions, each once: they can be answered from here on. False when the attempt has lost the run, or is
 * to cancel it.
 */
export function keepQuestions({ orm }: Orm, attempt: Attempt, questions: Question[]): Promise<boolean> {
  return orm.transaction(async tx => {
    const [held] = await tx.select({ id: runs.id }).from(runs).where(toPause(attempt)).for('update')
    if (!held) return false
    await tx
      .insert(runInterrupts)
      .values(
        questions.map(({ interruptId, value }) => ({ runId: attempt.runId, interruptId, value: value ?? jsonNull })),
      )
      .onConflictDoNothing()
    return true
  })
}

/** Pauses the run until its questions are answered; false when the attempt has lost it, or is to cancel it. */
export async function interruptRun({ orm }: Orm, attempt: Attempt, served: Served): Promise<boolean> {
  const rows = await orm
    .update(runs)
    .set({ status: 'interrupted', ...served })
    .where(toPause(attempt))
    .returning({ id: runs.id })
  return rows.length > 0
}

/** Decisions on a run's questions, by interrupt id. */
export async function readDecisions({ orm }: Orm, runId: string): Promise<Map<string, unknown>> {
  const rows = await orm.select().from(runInterrupts).where(eq(runInterrupts.runId, runId))
  return new Map(rows.filter(row => row.answeredAt).map(row => [row.interruptId, row.decision]))
}

/** Notes that a job for the run is in the queue. */
export async function markEnqueued({ orm }: Orm, { runId, attempt }: Attempt) {
  await orm
    .update(runs)
    .set({ enqueuedAt: sql`now()` })
    .where(and(eq(runs.id, runId), eq(runs.attempt, attempt), eq(runs.status, 'queued'), isNull(runs.enqueuedAt)))
}

/**
 * Asks the worker that holds the run to cancel it; a run that no worker holds is cancelled here, under a new attempt. Its
 * row is locked first, since workers take and pause runs meanwhile.
 */
export function cancelRun({ orm }: Orm, runId: string): Promise<Run | undefined> {
  return orm.transaction(async tx => {
    const [found] = await tx.select({ status: runs.status }).from(runs).where(eq(runs.id, runId)).for('update')
    if (!found || !openStatuses.has(found.status)) return undefined
    const asked = { cancelRequestedAt: sql`coalesce(${runs.cancelRequestedAt}, now())` }
    const idle = { ...asked, status: 'cancelled' as const, attempt: sql`${runs.attempt} + 1`, endedAt: sql`now()` }
    const isIdle = found.status !== 'running'
    const [run] = await tx
      .update(runs)
      .set(isIdle ? idle : asked)
      .where(eq(runs.id, runId))
      .returning()
    if (run && isIdle) await tellWebhook(tx, run)
    return run
  })
}

const openStatuses = new Set<RunStatus>(['queued', 'running', 'interrupted'])
