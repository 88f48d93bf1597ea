import { activityOf } from './activity.ts'
import type { Flag } from './flag.ts'

export type Mark = {
  kind: 'expired' | 'stale' | 'waiting' | 'over' | 'ramping' | 'paused' | 'rolled back'
  words: string
}

const staleDays = 60

/** What a list must not let one overlook: a flag that decides nothing (any more), or that is ready to be removed. */
export function marksOf(flag: Flag, changedAt: Date, now: Date): Mark[] {
  const marks: Mark[] = []
  const inactive = activityOf({ ...flag, prerequisites: [] }, now, () => never())
  if (inactive?.kind === 'expired') marks.push({ kind: 'expired', words: 'expired: remove it from the code' })
  if (inactive?.kind === 'scheduled') marks.push({ kind: 'waiting', words: 'before its schedule' })
  if (inactive?.kind === 'over') marks.push({ kind: 'over', words: 'its schedule is over' })
  if (flag.kind === 'workflow' && flag.ramp?.state === 'running') marks.push({ kind: 'ramping', words: 'ramp runs' })
  if (flag.kind === 'workflow' && flag.ramp?.state === 'paused') marks.push({ kind: 'paused', words: 'ramp is paused' })
  if (flag.kind === 'workflow' && flag.ramp?.state === 'rolled back')
    marks.push({ kind: 'rolled back', words: 'ramp was rolled back' })
  const days = Math.floor((now.getTime() - changedAt.getTime()) / 86_400_000)
  if (days >= staleDays && isSettled(flag) && inactive?.kind !== 'expired')
    marks.push({ kind: 'stale', words: `stale: the same for everyone for ${days} days` })
  return marks
}

/** Whether it says the same to everyone. */
function isSettled(flag: Flag): boolean {
  if (flag.rules.length > 0) return false
  if (flag.kind === 'workflow') return flag.state !== 'canary' || flag.share === 10_000
  return flag.state === 'off' || 'variant' in flag.otherwise
}

const never = (): never => {
  throw new Error('a flag without prerequisites asks for none')
}
