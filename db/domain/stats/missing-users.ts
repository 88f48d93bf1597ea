import { harmOf, isBurntIn, widthAfter } from './bounds.ts'
import { mostShare, ratioBounds } from './e-process.ts'
import { eventsOf, type Guardrail, type GuardrailData, type LookRules } from './guardrail.ts'

/** Users of both arms that are still missing for an answer, and the days they take; null days without traffic. */
export type Missing = { users: number; days: number | null }

/** Beyond this many times what was seen, a forecast is no help. */
const furthest = 1000

/**
 * About how many more users it takes until the guardrail can be called safe: if the canary goes on as measured but no
 * better than the control, or, where that rests on few events, as if there were no difference. Null when it would not be
 * called safe with a thousand times as many, or when nothing was seen to go by.
 */
export function missingUsers(guardrail: Guardrail, data: GuardrailData, rules: LookRules): Missing | null {
  const seen = data.canary.users + data.control.users
  if (seen === 0) return null
  const isEnough =
    guardrail.scale === 'share' && !isBurntIn(guardrail, data)
      ? enoughByCount(guardrail, data, rules)
      : enoughBySequence(guardrail, data, rules)
  const times = isEnough && leastTimes(isEnough)
  return times === undefined ? null : inDays(Math.max(1, Math.ceil(seen * (times - 1))), rules)
}

const inDays = (users: number, { usersADay }: LookRules): Missing => ({
  users,
  days: usersADay > 0 ? users / usersADay : null,
})

type IsEnough = (times: number) => boolean

function enoughBySequence(guardrail: Guardrail, data: GuardrailData, rules: LookRules): IsEnough | undefined {
  const harm = harmOf(guardrail, data)
  const limit = Math.log1p(guardrail.tolerance)
  if (!harm) return undefined
  const narrow = (times: number) => Math.max(0, harm.estimate) + widthAfter(harm, times, rules) < limit
  return times => isBurntIn(guardrail, data, times) && narrow(times)
}

function enoughByCount(guardrail: Guardrail, data: GuardrailData, rules: LookRules): IsEnough {
  const { canary, splits = [] } = data
  const events = splits.reduce((sum, split) => sum + split.events, 0)
  const limit = 1 + guardrail.tolerance
  return times => {
    const most = mostShare(eventsOf(data, 'canary') * times, canary.users * times, rules.alpha)
    if (guardrail.worse === 'up' && most !== undefined && most < (guardrail.floor ?? 0)) return true
    const alike = splits.map(({ events, share }) => ({
      events: events * times,
      inCanary: events * times * share,
      share,
    }))
    const bounds = events > 0 ? ratioBounds(alike, rules.alpha) : undefined
    return guardrail.worse === 'up'
      ? bounds?.high !== undefined && bounds.high < limit
      : bounds !== undefined && bounds.low > 1 / limit
  }
}

/** The least multiple of what was seen that is enough, to a hundredth; undefined when not even the furthest is. */
function leastTimes(isEnough: IsEnough): number | undefined {
  if (!isEnough(furthest)) return undefined
  let [few, many] = [1, furthest]
  while (many - few > many / 100) {
    const middle = Math.sqrt(few * many)
    if (isEnough(middle)) many = middle
    else few = middle
  }
  return many
}
