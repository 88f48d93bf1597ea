import { replay } from '../../alerts/backtest.ts'
import { limitsOf, observe, type WatchedRule } from '../../alerts/observe.ts'
import type { ClickHouse } from '../../db/clickhouse.ts'
import { alertRule } from '../../db/domain/alert-rule.ts'
import { atRest, judge, looks, type Observation, type Standing, step } from '../../db/domain/alerts.ts'
import { dayMs, hourMs } from '../../db/domain/time.ts'
import { began, projectName, simulate, type Traffic } from './traffic.ts'

export const ruleFor = (projectId: string, more: object = {}): WatchedRule => ({
  ...alertRule.parse({
    name: 'Simulated',
    metric: 'negative_feedback_rate',
    latenessMinutes: 0,
    fastLane: false,
    ...more,
  }),
  projectId,
})
export const endOf = (day: number) => new Date(began + day * dayMs)
/** The table of the design has no guards: what they take out is shown by the pathologies. */
const unguarded = async () => undefined

/** Works on all, a few at a time: the store has two cores. */
export async function inLanes<T, R>(items: T[], work: (item: T) => Promise<R>, lanes = 4): Promise<R[]> {
  const results: R[] = []
  let next = 0
  const lane = async () => {
    while (next < items.length) {
      const at = next++
      results[at] = await work(items[at]!)
    }
  }
  await Promise.all(Array.from({ length: lanes }, lane))
  return results
}

/** How often each of the three detectors fired: how many times it began to, over the looks of one project. */
export type Fired = { plain: number; bound: number; full: number }

function count(observations: Observation[], rule: WatchedRule): Fired {
  const limits = limitsOf(rule)
  const onsets = (hits: boolean[]) => hits.filter((hit, at) => hit && !hits[at - 1]).length
  const plain = observations.map(({ change }) => (change?.relative ?? 0) >= rule.threshold)
  const judgements = observations.map(seen => judge(seen, limits))
  const bound = judgements.map(seen => seen.kind === 'seen' && seen.hit)
  let standing: Standing = atRest(endOf(0))
  let full = 0
  for (const [at, seen] of judgements.entries()) {
    // What comes back is counted again, as the detectors beside it do.
    const decision = step(
      standing,
      seen,
      { ...looks, reopenMs: 0 },
      new Date(endOf(0).getTime() + at * rule.everyHours * hourMs),
    )
    if (decision.transition === 'opened' || decision.transition === 'reopened') full += 1
    standing = decision
  }
  return { plain: onsets(plain), bound: onsets(bound), full }
}

/** Simulates projects and looks at each through the real reading and judgement. */
async function run(clickhouse: ClickHouse, traffic: Traffic, ends: Date[], more: object = {}): Promise<Fired[]> {
  await simulate(clickhouse, traffic)
  return inLanes(
    Array.from({ length: traffic.projects }, (_, at) => at),
    async at => {
      const rule = ruleFor(projectName(traffic, at), more)
      const observations: Observation[] = []
      for (const end of ends) observations.push((await observe(clickhouse, rule, '', end, unguarded)).observation)
      return count(observations, rule)
    },
  )
}

const pool = (users: number, projects: number, seed: number): Traffic => ({
  projects,
  users,
  days: 42,
  tracesPerUser: 4,
  rate: 0.1,
  lift: { factor: 1, fromDay: 0 },
  seed,
})
const daily = (from: number, looks: number) => Array.from({ length: looks }, (_, at) => endOf(from + at))

const designs = {
  300: { false: [2.33, 0.133, 0.025], 1.25: [0.98, 0.4, 0.22], 1.5: [1, 0.83, 0.6] },
  1500: { false: [0.53, 0.079, 0.013], 1.25: [1, 1, 0.83], 1.5: [1, 1, 1] },
} as const

/** The design's table: ours beside it, with the standard error of the simulation. */
export async function falseAlarmsAndPower(clickhouse: ClickHouse, projects: number): Promise<void> {
  const rows: Record<string, Record<string, string>> = {}
  const put = (detector: string, column: string, text: string) => {
    rows[detector] = { ...rows[detector], [column]: text }
  }
  const names = ['plain ">10 %"', 'plus clustered bound > 0', 'plus 2 hits, 3 clears']
  const of = ['plain', 'bound', 'full'] as const
  for (const users of [300, 1500] as const) {
    const some = users === 300 ? projects : Math.ceil(projects / 3)
    const none = await run(clickhouse, pool(users, some, users + 1), daily(14, 28))
    for (const [at, name] of names.entries()) {
      const { mean, error } = summary(none.map(fired => fired[of[at]!]))
      put(
        name,
        `${users}: false alarms in 4 weeks`,
        `${mean.toFixed(3)} ± ${error.toFixed(3)} (${designs[users].false[at]})`,
      )
    }
    for (const factor of [1.25, 1.5] as const) {
      const traffic = { ...pool(users, some, users + factor * 100), days: 22, lift: { factor, fromDay: 14 } }
      const found = await run(clickhouse, traffic, daily(15, 8))
      for (const [at, name] of names.entries()) {
        const { mean, error } = summary(found.map(fired => Math.min(1, fired[of[at]!])))
        put(
          name,
          `${users}: +${Math.round(factor * 100 - 100)} % in 8 looks`,
          `${mean.toFixed(2)} ± ${error.toFixed(2)} (${designs[users][factor][at]})`,
        )
      }
    }
  }
  console.log(
    `Daily looks, ${projects} projects of 300 users and ${Math.ceil(projects / 3)} of 1,500; in brackets the design's numbers`,
  )
  console.table(rows)
}

/** What looking more often costs in false alarms, at 300 users. */
export async function cadence(clickhouse: ClickHouse, projects: number): Promise<void> {
  const rows: Record<string, object> = {}
  const traffic = pool(300, projects, 77)
  await simulate(clickhouse, traffic)
  for (const everyHours of [24, 12, 6]) {
    const ends = Array.from(
      { length: (28 * 24) / everyHours },
      (_, at) => new Date(endOf(14).getTime() + at * everyHours * hourMs),
    )
    const alarms = await inLanes(
      Array.from({ length: projects }, (_, at) => at),
      async at => {
        const rule = ruleFor(projectName(traffic, at), { everyHours })
        return (await replay(clickhouse, { rule, scope: '', ends, guards: unguarded })).alarms.length
      },
    )
    const { mean, error } = summary(alarms)
    rows[`every ${everyHours} h`] = {
      'false alarms in 4 weeks': `${mean.toFixed(3)} ± ${error.toFixed(3)}`,
      'hours to the second look': everyHours,
    }
  }
  console.log(`How often to look: ${projects} projects of 300 users, nothing changed`)
  console.table(rows)
}

export function summary(values: number[]): { mean: number; error: number } {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / Math.max(1, values.length - 1)
  return { mean, error: Math.sqrt(variance / values.length) }
}
