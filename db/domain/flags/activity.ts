import type { Evaluation } from './evaluate.ts'
import type { Flag } from './flag.ts'

/** Why a flag that is on decides nothing. */
export type Inactive =
  | { kind: 'scheduled'; from: string }
  | { kind: 'over'; to: string }
  | { kind: 'expired'; at: string }
  | { kind: 'prerequisite'; flag: string; wanted: string[]; got: string }

/**
 * Whether a flag may decide now: within its schedule, before its expiry, all prerequisites met. Undefined when it may.
 * Throws when a prerequisite cannot be evaluated.
 */
export function activityOf(flag: Flag, now: Date, ask: (key: string) => Evaluation): Inactive | undefined {
  const { schedule, expiresAt, prerequisites } = flag
  const isPast = (moment: string | undefined) => moment !== undefined && Date.parse(moment) <= now.getTime()
  if (expiresAt !== undefined && isPast(expiresAt)) return { kind: 'expired', at: expiresAt }
  if (schedule.from !== undefined && !isPast(schedule.from)) return { kind: 'scheduled', from: schedule.from }
  if (schedule.to !== undefined && isPast(schedule.to)) return { kind: 'over', to: schedule.to }
  for (const { flag: key, variants } of prerequisites) {
    const { variant, errorCode, errorDetails } = ask(key)
    if (errorCode && errorCode !== 'FLAG_NOT_FOUND') throw new Error(errorDetails)
    if (variant === undefined || !variants.includes(variant))
      return { kind: 'prerequisite', flag: key, wanted: variants, got: variant ?? 'no such flag' }
  }
  return undefined
}

/** The next moment at which a flag begins or ends to decide by itself, epoch milliseconds; undefined when there is none. */
export function nextTurn({ schedule, expiresAt }: Flag, now: Date): number | undefined {
  const moments = [schedule.from, schedule.to, expiresAt].flatMap(text => (text ? [Date.parse(text)] : []))
  const ahead = moments.filter(moment => moment > now.getTime())
  return ahead.length > 0 ? Math.min(...ahead) : undefined
}
