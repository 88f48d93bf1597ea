import type { NewRunEvent, RunEvent } from './domain/run.ts'

export type RunWriter = { runId: string; traceId: string; attempt: number }
export type Head = { seq: number; ended: boolean }

/**
 * What a writer knows who must not write a batch twice: the last seq it has heard of, and whether it wrote this batch
 * before and heard no answer. Such events have their `at`, by which they are known again.
 */
export type Delivery = { after: number; again: boolean }

/** The part of the event log that is written while a run is open. */
export type LiveLog = {
  append(writer: RunWriter, events: NewRunEvent[], delivery?: Delivery): Promise<RunEvent[]>
  begin(writer: RunWriter, event: NewRunEvent): Promise<boolean>
  read(runId: string, afterSeq: number, limit: number): Promise<RunEvent[]>
  head(runId: string): Promise<Head | undefined>
  /** The run is archived: its live log may go in an hour, where the store can do that by itself. */
  expire(runId: string): Promise<void>
  /** Answers how many it found. */
  trim(runIds: string[]): Promise<number>
}

/** A write by an attempt that is no longer the run's own, or after its terminal event. */
export class FencedError extends Error {}

export const eventsBell = (runId: string) => `events:${runId}`

export type Unnumbered = Omit<RunEvent, 'seq'>

/** An event as it is stored; its seq is where it is stored. */
export function unnumbered({ runId, traceId, attempt }: RunWriter, event: NewRunEvent): Unnumbered {
  const at = new Date().toISOString()
  return { v: 1, run_id: runId, attempt, at, trace_id: traceId, ...event } as Unnumbered
}

/** The stored events with their seq, given the seq of the last; null means that the log refused them. */
export function numbered({ runId, attempt }: RunWriter, events: Unnumbered[], last: number | null): RunEvent[] {
  if (last === null)
    throw new FencedError(`attempt ${attempt} of run ${runId} may not write: another took over, or the run ended`)
  return events.map((event, i) => ({ ...event, seq: last - events.length + i + 1 }) as RunEvent)
}
