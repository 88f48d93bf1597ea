import { bounds as boundsOf, burnIn, halfWidth } from './confidence-sequence.ts'
import { ratioBounds } from './e-process.ts'
import { difference, type Effect, logRatio, ratioOf } from './effect.ts'
import { eventsOf, type Guardrail, type GuardrailData, type LookRules } from './guardrail.ts'
import { effectiveUsers } from './sums.ts'

/** How much worse the canary is, on the log scale: 0 is no harm, ln 1.1 is 10 % worse. A missing side is unbounded. */
export type Bounds = { estimate: number; low: number | undefined; high: number | undefined; by: 'sequence' | 'exact' }

/** Bounds by the asymptotic confidence sequence; undefined before its burn-in, or where a value is 0. */
export function sequenceBounds(guardrail: Guardrail, data: GuardrailData, rules: LookRules): Bounds | undefined {
  const harm = harmOf(guardrail, data)
  if (!harm || !isBurntIn(guardrail, data)) return undefined
  const found = boundsOf(harm, { ...rules, sides: 'one' })
  return found && { estimate: harm.estimate, ...found, by: 'sequence' }
}

/** Bounds of the rate ratio of users with the event, for any number of events. Shares only. */
export function exactBounds(guardrail: Guardrail, data: GuardrailData, { alpha }: LookRules): Bounds | undefined {
  const found = guardrail.scale === 'share' ? ratioBounds(data.splits ?? [], alpha) : undefined
  if (!found) return undefined
  const low = found.low > 0 ? Math.log(found.low) : undefined
  const high = found.high === undefined ? undefined : Math.log(found.high)
  const estimate = rateRatio(data)
  return guardrail.worse === 'up'
    ? { estimate, low, high, by: 'exact' }
    : { estimate: -estimate, low: negative(high), high: negative(low), by: 'exact' }
}

/** The canary's harm over the control, in the direction that is worse; undefined where it is not defined. */
export function harmOf({ scale, worse }: Guardrail, data: GuardrailData): Effect | undefined {
  const [canary, control] = [ratioOf(data.canary), ratioOf(data.control)]
  if (!canary || !control) return undefined
  const effect = scale === 'log' ? difference(canary, control) : logRatio(canary, control)
  return effect && { ...effect, estimate: worse === 'up' ? effect.estimate : -effect.estimate }
}

/** Half the width of the bound once `times` as many users have been seen as now. */
export const widthAfter = (harm: Effect, times: number, rules: LookRules): number =>
  halfWidth({ users: harm.users * times, se: harm.se / Math.sqrt(times) }, { ...rules, sides: 'one' }) ?? Infinity

/**
 * Enough users in each arm, and enough who carry its value: users with the event for a share, and never so few of them
 * outweighing the rest that the bound would speak of these few. Once `times` as many have been seen, if need be.
 */
export function isBurntIn({ scale }: Guardrail, data: GuardrailData, times = 1): boolean {
  return (['canary', 'control'] as const).every(arm => {
    if (times * data[arm].users < burnIn.users) return false
    if (scale === 'log') return true
    const carrying = effectiveUsers(data[arm])
    return times * (scale === 'share' ? Math.min(eventsOf(data, arm), carrying) : carrying) >= burnIn.events
  })
}

/** ln of how many times as often the canary's users have the event, a half added to each count so that it exists. */
function rateRatio(data: GuardrailData): number {
  const rate = (arm: 'canary' | 'control') => (eventsOf(data, arm) + 0.5) / (data[arm].users + 1)
  return Math.log(rate('canary') / rate('control'))
}

const negative = (value: number | undefined) => (value === undefined ? undefined : -value)
