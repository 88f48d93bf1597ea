import type { Snapshot } from './workflow.ts'

export type Question = { interruptId: string; value: unknown }

/** How an attempt begins, by what the attempts before it left. */
export type Beginning =
  | { go: 'begin' }
  | { go: 'deliver'; decisions: Record<string, unknown> }
  | { go: 'ask'; questions: Question[] }
  | { go: 'finish' }
  | { go: 'continue' }

/**
 * The decision table of crash recovery. Decisions are keyed by interrupt id: one delivered twice must not also answer
 * the next question. Handing in the input again would apply it twice, so it is only for a run without a checkpoint.
 */
export function decideBeginning(snapshot: Snapshot, decisions: Map<string, unknown>): Beginning {
  if (!snapshot.createdAt) return { go: 'begin' }
  const questions = openQuestions(snapshot)
  const answered = questions.filter(({ interruptId }) => decisions.has(interruptId))
  if (answered.length > 0) {
    return {
      go: 'deliver',
      decisions: Object.fromEntries(answered.map(({ interruptId }) => [interruptId, decisions.get(interruptId)])),
    }
  }
  if (questions.length > 0) return { go: 'ask', questions }
  return isAtEnd(snapshot) ? { go: 'finish' } : { go: 'continue' }
}

/**
 * Whether the graph has nothing left to do. A snapshot's `next` does not tell: it leaves out a task whose writes are
 * stored while the checkpoint after it is not yet, and what that checkpoint leads to is still to be done.
 */
export const isAtEnd = (snapshot: Snapshot) => snapshot.tasks.length === 0

/** What the graph waits for. */
export function openQuestions(snapshot: Snapshot): Question[] {
  return snapshot.tasks.flatMap(task =>
    task.interrupts.flatMap(({ id, value }) => (id === undefined ? [] : [{ interruptId: id, value: value ?? null }])),
  )
}

/** Tasks that a new attempt does again: those without a result. */
export const openTasks = (snapshot: Snapshot) =>
  snapshot.tasks.filter(({ result }) => result === undefined).map(({ id }) => id)
