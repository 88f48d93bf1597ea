import { and, asc, eq, isNull, notExists, sql } from 'drizzle-orm'
import type { Postgres } from './postgres.ts'
import { runInterrupts, runs } from './schema.ts'

type Orm = Pick<Postgres, 'orm'>
export type RunInterrupt = typeof runInterrupts.$inferSelect

/** A run's questions, oldest first, answered or not. */
export function listInterrupts({ orm }: Orm, runId: string): Promise<RunInterrupt[]> {
  return orm
    .select()
    .from(runInterrupts)
    .where(eq(runInterrupts.runId, runId))
    .orderBy(asc(runInterrupts.askedAt), asc(runInterrupts.interruptId))
}

/**
 * Records a decision, once. `answered` is false when there was one before; undefined when the run has no such question.
 */
export async function answerInterrupt(
  { orm }: Orm,
  question: { runId: string; interruptId: string },
  answer: { decision: unknown; approver: string | null },
): Promise<{ answered: boolean; interrupt: RunInterrupt } | undefined> {
  const which = and(eq(runInterrupts.runId, question.runId), eq(runInterrupts.interruptId, question.interruptId))
  const [fresh] = await orm
    .update(runInterrupts)
    .set({ ...answer, answeredAt: sql`now()` })
    .where(and(which, isNull(runInterrupts.answeredAt)))
    .returning()
  if (fresh) return { answered: true, interrupt: fresh }
  const [known] = await orm.select().from(runInterrupts).where(which)
  return known && { answered: false, interrupt: known }
}

/**
 * Queues an interrupted run all of whose questions are answered, and counts the time it stood still. Answers its attempt,
 * or undefined when it waits on, or goes on already.
 */
export async function resumeRun({ orm }: Orm, runId: string): Promise<number | undefined> {
  const open = orm
    .select({ one: sql`1` })
    .from(runInterrupts)
    .where(and(eq(runInterrupts.runId, runId), isNull(runInterrupts.answeredAt)))
  const asked = sql`(select max(asked_at) from run_interrupts where run_id = ${runId})`
  const [row] = await orm
    .update(runs)
    .set({
      status: 'queued',
      queuedBecause: 'answered',
      enqueuedAt: null,
      pausedMs: sql`${runs.pausedMs} + extract(epoch from now() - ${asked})::float8 * 1000`,
    })
    .where(and(eq(runs.id, runId), eq(runs.status, 'interrupted'), notExists(open)))
    .returning({ attempt: runs.attempt })
  return row?.attempt
}
