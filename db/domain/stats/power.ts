import { harmOf } from './bounds.ts'
import type { Guardrail, GuardrailData } from './guardrail.ts'
import { isHarmed } from './guardrail-reading.ts'
import { missingUsers } from './missing-users.ts'
import { type Random, seededRandom } from './random.ts'
import { addSums, noUsers, type UserSums } from './sums.ts'

/** What a canary is planned to get. */
export type Traffic = {
  /** New users of both arms a day. */
  usersADay: number
  /** The canary's part of them. */
  share: number
  /** Days it is looked at, once a day. */
  days: number
  /** Of one guardrail. */
  alpha: number
  planned: number
}

/**
 * What the control is like: the share of its users with the event; for a ratio or the log scale, the spread of a user's
 * value relative to its mean, or of ln(value).
 */
export type Baseline = { rate: number } | { spread: number }

export type Sight = {
  /** Chance to roll back within the days, by how much worse the canary really is: 0.5 is 50 % worse. */
  chances: { worse: number; chance: number }[]
  /** The least harm caught half of the time, and four times in five; null beyond the harm looked at. */
  half: number | null
  likely: number | null
  /** Days until a harmless canary is called safe; null when that is out of sight. */
  safeAfterDays: number | null
}

const harms = [0.1, 0.25, 0.5, 1, 2, 4]

/** What a canary of this traffic can and cannot see of one guardrail, before it starts: by simulating the rule itself. */
export function canarySight(
  guardrail: Guardrail,
  baseline: Baseline,
  traffic: Traffic,
  { simulations = 200, seed = 1 }: { simulations?: number; seed?: number } = {},
): Sight {
  const chances = harms.map(worse => ({
    worse,
    chance: chanceToStop(guardrail, { baseline, worse }, traffic, { simulations, seed }),
  }))
  return {
    chances,
    half: leastHarm(chances, 0.5),
    likely: leastHarm(chances, 0.8),
    safeAfterDays: daysToSafe(guardrail, baseline, traffic),
  }
}

/** The share of seeded histories in which the rule stops a canary that is so much worse than its control. */
export function chanceToStop(
  guardrail: Guardrail,
  truth: { baseline: Baseline; worse: number },
  traffic: Traffic,
  { simulations, seed }: { simulations: number; seed: number },
): number {
  const random = seededRandom(seed)
  let stopped = 0
  for (let i = 0; i < simulations; i++) if (stopsOnce(guardrail, truth, traffic, random)) stopped++
  return simulations > 0 ? stopped / simulations : 0
}

function stopsOnce(
  guardrail: Guardrail,
  { baseline, worse }: { baseline: Baseline; worse: number },
  traffic: Traffic,
  random: Random,
): boolean {
  const factor = guardrail.worse === 'up' ? 1 + worse : 1 / (1 + worse)
  let seen = nothing(traffic.share)
  for (let day = 1; day <= traffic.days; day++) {
    const users = Math.round(traffic.usersADay * day) - Math.round(traffic.usersADay * (day - 1))
    const inCanary = random.binomial(users, traffic.share)
    seen = {
      canary: grow(seen.canary, drawUsers(guardrail, { baseline, factor, users: inCanary }, random)),
      control: grow(seen.control, drawUsers(guardrail, { baseline, factor: 1, users: users - inCanary }, random)),
      share: traffic.share,
    }
    if (isHarmed(guardrail, dataOf(seen), traffic)) return true
  }
  return false
}

type Drawn = UserSums & { events: number }
type Seen = { canary: Drawn; control: Drawn; share: number }

const none: Drawn = { ...noUsers, events: 0 }
const nothing = (share: number): Seen => ({ canary: none, control: none, share })

const grow = (a: Drawn, b: Drawn): Drawn => ({ ...addSums(a, b), events: a.events + b.events })

const dataOf = ({ canary, control, share }: Seen): GuardrailData => ({
  canary,
  control,
  splits: [{ events: canary.events + control.events, inCanary: canary.events, share }],
})

/** New users of an arm whose value is so many times the control's. */
function drawUsers(
  { scale }: Guardrail,
  { baseline, factor, users }: { baseline: Baseline; factor: number; users: number },
  { binomial, normal }: Random,
): Drawn {
  if ('rate' in baseline) {
    const events = binomial(users, Math.min(1, baseline.rate * factor))
    return { users, m: events, d: users, mm: events, md: events, dd: users, events }
  }
  // The sum of many users' values is normal whatever one of them is; on the log scale a factor shifts the mean.
  const mean = scale === 'log' ? Math.log(factor) : factor
  const spread = scale === 'log' ? baseline.spread : baseline.spread * factor
  const sum = users * mean + normal() * spread * Math.sqrt(users)
  return { users, m: sum, d: users, mm: users * (mean * mean + spread * spread), md: sum, dd: users, events: 0 }
}

/** Where the chance passes a line, between the harms looked at; null where it never does. */
function leastHarm(chances: Sight['chances'], line: number): number | null {
  const at = chances.findIndex(({ chance }) => chance >= line)
  if (at === -1) return null
  const after = chances[at]!
  const before = at === 0 ? { worse: 0, chance: 0 } : chances[at - 1]!
  const part = (line - before.chance) / (after.chance - before.chance)
  return before.worse + part * (after.worse - before.worse)
}

/** As if a first day had gone exactly as expected, with no harm. */
function daysToSafe(guardrail: Guardrail, baseline: Baseline, traffic: Traffic): number | null {
  const first = (part: number): Drawn => {
    const users = traffic.usersADay * part
    const { mean, spread, events } =
      'rate' in baseline
        ? { mean: baseline.rate, spread: Math.sqrt(baseline.rate * (1 - baseline.rate)), events: users * baseline.rate }
        : { mean: guardrail.scale === 'log' ? 0 : 1, spread: baseline.spread, events: 0 }
    const m = users * mean
    return { users, m, d: users, mm: users * (mean * mean + spread * spread), md: m, dd: users, events }
  }
  const day = dataOf({ canary: first(traffic.share), control: first(1 - traffic.share), share: traffic.share })
  if (harmOf(guardrail, day) === undefined && !('rate' in baseline)) return null
  const missing = missingUsers(guardrail, day, traffic)
  return missing?.days == null ? null : 1 + missing.days
}
