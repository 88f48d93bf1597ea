import { dayMs } from '../../../db/domain/time.ts'

/** How far back the window lies that is compared with: `a week before`. */
export const weeksBack = (fromMs: number, beforeFromMs: number): string => {
  const weeks = Math.round((fromMs - beforeFromMs) / (7 * dayMs))
  return weeks === 1 ? 'a week before' : `${weeks} weeks before`
}

/** `20 Mar to 27 Mar`, in UTC. */
export const windowWords = (fromMs: number, toMs: number): string => {
  const long = toMs - fromMs > 2 * dayMs
  const text = (ms: number) =>
    new Date(ms).toLocaleString('en-GB', {
      timeZone: 'UTC',
      day: 'numeric',
      month: 'short',
      ...(!long && { hour: '2-digit', minute: '2-digit' }),
    })
  return `${text(fromMs)} to ${text(toMs)}`
}
