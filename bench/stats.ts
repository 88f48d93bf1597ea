import { guardrailById } from '../db/domain/guardrails.ts'
import { bounds, burnIn } from '../db/domain/stats/confidence-sequence.ts'
import { lnEvidenceOfMore } from '../db/domain/stats/e-process.ts'
import { difference, shareOf } from '../db/domain/stats/effect.ts'
import { isHarmed } from '../db/domain/stats/guardrail-reading.ts'
import { seededRandom } from '../db/domain/stats/random.ts'
import { normalQuantile } from '../db/domain/stats/tails.ts'

/** Users of both arms in the end, the canary's share of them, how much worse it is, and what was published for it. */
type Row = { share: number; users: number; lift: number; published: Partial<Record<Test, number>> }
type Test = 'naive' | 'sequence' | 'exact' | 'rule'
type Counts = { users: number; events: number }

const looks = 56
const alpha = 0.05
const rate = 0.05
/** The published shares have three digits: of a thousand simulations, as far as one can tell. */
const publishedSimulations = 1000

const rows: Row[] = [
  { share: 0.5, users: 40_000, lift: 0, published: { naive: 0.297, sequence: 0.019, exact: 0.021 } },
  { share: 0.05, users: 40_000, lift: 0, published: { naive: 0.182, sequence: 0.007, exact: 0.018 } },
  { share: 0.05, users: 40_000, lift: 0.5, published: { sequence: 0.956, exact: 0.961 } },
  { share: 0.05, users: 4_000, lift: 1, published: { sequence: 0.331, exact: 0.503 } },
  { share: 0.01, users: 40_000, lift: 0, published: {} },
  { share: 0.5, users: 4_000, lift: 0, published: {} },
]

/**
 * How often each test stops a canary within 56 looks: a plain test looked at daily, the asymptotic confidence sequence,
 * the exact e-process, and the rule of a stage, which takes either the sequence of the log ratio or the e-process. Where
 * nothing is wrong, a stop is a false alarm and must stay below 5 %.
 */
export async function bench(simulations: number) {
  const began = performance.now()
  const told = rows.map((row, at) => report(row, simulate(row, simulations, at + 1), simulations))
  console.table(told.flat())
  const seconds = ((performance.now() - began) / 1000).toFixed(1)
  console.log(`${simulations} simulations a row, ${looks} looks, alpha ${alpha}, base rate ${rate}, in ${seconds} s`)
}

export const defaultAmount = 10_000

function simulate({ share, users, lift }: Row, simulations: number, seed: number): Record<Test, number> {
  const { binomial } = seededRandom(seed)
  const stops: Record<Test, number> = { naive: 0, sequence: 0, exact: 0, rule: 0 }
  for (let i = 0; i < simulations; i++) {
    const [canary, control]: [Counts, Counts] = [
      { users: 0, events: 0 },
      { users: 0, events: 0 },
    ]
    const stopped = new Set<Test>()
    for (let look = 1; look <= looks && stopped.size < 4; look++) {
      const fresh = Math.floor((look * users) / looks) - Math.floor(((look - 1) * users) / looks)
      const inCanary = binomial(fresh, share)
      add(canary, inCanary, binomial(inCanary, rate * (1 + lift)))
      add(control, fresh - inCanary, binomial(fresh - inCanary, rate))
      for (const test of tests)
        if (!stopped.has(test) && stopsBy[test](canary, control, { share, users })) stopped.add(test)
    }
    for (const test of stopped) stops[test]++
  }
  return stops
}

function add(arm: Counts, users: number, events: number) {
  arm.users += users
  arm.events += events
}

type StopsBy = (canary: Counts, control: Counts, plan: { share: number; users: number }) => boolean

const guardrail = guardrailById('negative_feedback_rate')
const effectOf = (canary: Counts, control: Counts) => {
  const isBurntIn = [canary, control].every(arm => arm.users >= burnIn.users && arm.events >= burnIn.events)
  return isBurntIn
    ? difference(shareOf(canary.events, canary.users)!, shareOf(control.events, control.users)!)
    : undefined
}
const sums = ({ users, events }: Counts) => ({ users, m: events, d: users, mm: events, md: events, dd: users })
const splitOf = (canary: Counts, control: Counts, share: number) => ({
  events: canary.events + control.events,
  inCanary: canary.events,
  share,
})

const stopsBy: Record<Test, StopsBy> = {
  naive(canary, control) {
    const effect = effectOf(canary, control)
    return effect !== undefined && effect.estimate > normalQuantile(alpha) * effect.se
  },
  sequence(canary, control, { users }) {
    const effect = effectOf(canary, control)
    return effect !== undefined && bounds(effect, { alpha, planned: users, sides: 'one' })!.low > 0
  },
  exact: (canary, control, { share }) => lnEvidenceOfMore(splitOf(canary, control, share)) >= Math.log(1 / alpha),
  rule: (canary, control, { share, users }) =>
    isHarmed(
      guardrail,
      { canary: sums(canary), control: sums(control), splits: [splitOf(canary, control, share)] },
      { alpha, planned: users, usersADay: 0 },
    ),
}
const tests = Object.keys(stopsBy) as Test[]

function report({ share, users, lift, published }: Row, stops: Record<Test, number>, simulations: number) {
  return tests.map(test => {
    const ours = stops[test] / simulations
    const theirs = published[test]
    const error = (p: number, of: number) => Math.sqrt((p * (1 - p)) / of)
    const both = theirs === undefined ? 0 : Math.hypot(error(ours, simulations), error(theirs, publishedSimulations))
    return {
      canary: `${share * 100} % of ${users.toLocaleString('en-US')}`,
      'true lift': lift === 0 ? 'none' : `+${lift * 100} %`,
      test,
      stops: ours.toFixed(3),
      '±': error(ours, simulations).toFixed(3),
      published: theirs?.toFixed(3) ?? '',
      'apart, in errors': theirs === undefined ? '' : ((ours - theirs) / both).toFixed(1),
    }
  })
}
