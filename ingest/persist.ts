import { setTimeout as delay } from 'node:timers/promises'
import type { Logger } from '../db/log.ts'

/** The store did not do what was asked within the time a client waits; it should send again. */
export class StoreUnavailable extends Error {}

export type Patience = { retryMs: readonly number[]; deadlineMs: number }
/** Within the 10 s that OpenTelemetry's exporters wait. */
export const patience: Patience = { retryMs: [100, 400, 1_000], deadlineMs: 4_000 }

/** Does work on the store, again after a failure, until it is done or patience ends. Throws StoreUnavailable. */
export async function persist<T>(
  work: (signal: AbortSignal) => Promise<T>,
  { retryMs, deadlineMs }: Patience,
  log: Logger,
): Promise<T> {
  const deadline = AbortSignal.timeout(deadlineMs)
  const late = new Promise<never>((_, reject) => {
    deadline.addEventListener('abort', () => reject(new Error('no answer in time')))
  })
  for (let tries = 0; ; tries++) {
    try {
      return await Promise.race([work(deadline), late])
    } catch (cause) {
      const pause = retryMs[tries]
      if (pause === undefined || deadline.aborted) throw unavailable(cause)
      log.warn('the store cannot be used yet, trying again', { cause, tries: tries + 1 })
      await delay(pause)
    }
  }
}

const unavailable = (cause: unknown) =>
  new StoreUnavailable(
    `the store did not take the spans: ${cause instanceof Error ? cause.message.slice(0, 300) : String(cause)}`,
    { cause },
  )
