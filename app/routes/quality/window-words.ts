import { shortDay, shortMinute } from '../../../db/domain/moment.ts'
import { dayMs } from '../../../db/domain/time.ts'

/** How far back the window lies that is compared with: `a week before`. */
export const weeksBack = (fromMs: number, beforeFromMs: number): string => {
  const weeks = Math.round((fromMs - beforeFromMs) / (7 * dayMs))
  return weeks === 1 ? 'a week before' : `${weeks} weeks before`
}

/** `20 Mar to 27 Mar`, or with the time of day where it is short. */
export const windowWords = (fromMs: number, toMs: number): string => {
  const text = toMs - fromMs > 2 * dayMs ? shortDay : shortMinute
  return `${text(fromMs)} to ${text(toMs)}`
}
