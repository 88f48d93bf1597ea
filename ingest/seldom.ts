import type { Fields, Logger } from '../db/log.ts'

/**
 * Warns once in a while of what happens again and again, with how often it happened since: a line for each of thousands
 * of refusals costs more than the refusals, and says no more.
 */
export function warnSeldom(log: Pick<Logger, 'warn'>, everyMs = 5_000): (message: string, fields?: Fields) => void {
  const told = new Map<string, { atMs: number; since: number }>()
  return (message, fields) => {
    const last = told.get(message)
    const now = performance.now()
    if (last && now - last.atMs < everyMs) {
      last.since += 1
      return
    }
    told.set(message, { atMs: now, since: 0 })
    log.warn(message, last?.since ? { ...fields, timesSinceTheLastLine: last.since } : fields)
  }
}
