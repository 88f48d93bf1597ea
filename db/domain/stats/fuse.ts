import { burnIn } from './confidence-sequence.ts'
import { armValue, eventsOf, type Guardrail, type GuardrailData } from './guardrail.ts'
import { effectiveUsers } from './sums.ts'

/**
 * A hard stop, for harm so plain that nobody waits for statistics: the canary's value is at least `atLeast`, and `factor`
 * times both the control's and what was usual before. It takes a few users in the canary, so that neither one user nor a
 * whale can trip it, and it compares with the control, so that an outage of both arms does not.
 */
export type Fuse = {
  factor: number
  atLeast: number
  minUsers: number
  /** Without enough control users to compare with, the canary's value alone from which it trips. */
  ceiling?: number
}

/** So many users must stand behind the canary's value. */
const leastBehind = 3
/** Of users with the event, so many must carry it: none of the three may be nearly all of it. */
const leastCarrying = 2

/** Whether the guardrail's fuse trips, and what the values were. */
export function blownFuse(
  guardrail: Guardrail,
  data: GuardrailData,
): { id: string; canary: number; control: number | null } | undefined {
  const { fuse, id } = guardrail
  const canary = armValue(guardrail, data.canary)
  if (!fuse || canary === null || data.canary.users < fuse.minUsers || canary < fuse.atLeast) return undefined
  if (canary < fuse.factor * (data.usual ?? 0) || !isOfMany(guardrail, data)) return undefined
  const control = data.control.users >= fuse.minUsers ? armValue(guardrail, data.control) : null
  if (control === null) return canary >= (fuse.ceiling ?? Infinity) ? { id, canary, control } : undefined
  return canary >= fuse.factor * control ? { id, canary, control } : undefined
}

function isOfMany({ scale }: Guardrail, data: GuardrailData): boolean {
  if (scale === 'log') return data.canary.users >= leastBehind
  const carrying = effectiveUsers(data.canary)
  if (scale === 'ratio') return carrying >= leastBehind
  return eventsOf(data, 'canary') >= leastBehind && carrying >= leastCarrying
}

/** Whether both arms fail alike: then nothing is to be learned about the canary until it is over. */
export function isOutage(guardrail: Guardrail, data: GuardrailData): boolean {
  const { fuse, scale, worse } = guardrail
  if (!fuse || scale !== 'share' || worse !== 'up') return false
  return (['canary', 'control'] as const).every(arm => {
    const value = armValue(guardrail, data[arm])
    return value !== null && data[arm].users >= burnIn.users && value >= fuse.atLeast
  })
}
