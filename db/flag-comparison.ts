import { type CanaryComparison, compareArms } from './canary.ts'
import { readUsual, type Usual } from './canary-lines.ts'
import type { CanaryStage } from './canary-sums.ts'
import type { ClickHouse } from './clickhouse.ts'
import type { WorkflowFlag } from './domain/flags/flag.ts'
import { buckets } from './domain/flags/hash.ts'
import { heldTo, type NamedGuardrail } from './domain/guardrails.ts'
import type { StagePlan } from './domain/stats/stage.ts'
import { dayMs, hourMs } from './domain/time.ts'
import type { ServedStage } from './flag-history.ts'
import { blownFuses } from './uncontrolled.ts'

/** One comparison of a flag's arms: from when the canary went on, or an arm changed, until it ended or now. */
export type Compared = {
  since: Date
  /** Undefined while it goes on. */
  until: Date | undefined
  stages: (ServedStage & CanaryStage)[]
}

/** The flag's newest comparison, from its history; undefined when the canary was never on. */
export function lastCompared(history: readonly ServedStage[]): Compared | undefined {
  const last = history.findLast(({ state }) => state === 'canary')
  const own = history.filter(({ state, comparison }) => state === 'canary' && comparison === last?.comparison)
  if (!last || !own[0]) return undefined
  const stages = own.map(stage => ({ ...stage, since: stage.from, ...widths(stage.share) }))
  return { since: own[0].from, until: last.to, stages }
}

/** The canary has its share, the concurrent control as much, as far as there is room. */
export const widths = (share: number) => ({
  canaryShare: share / buckets,
  controlShare: Math.min(share, buckets - share) / buckets,
})

const usualDays = 14

/** What was usual in the two weeks before a moment: the same whenever it is read, as long as its data is kept. */
export function usualBefore(
  clickhouse: ClickHouse,
  { projectId, key, before, held }: { projectId: string; key: string; before: Date; held: readonly NamedGuardrail[] },
): Promise<Usual> {
  const from = new Date(before.getTime() - usualDays * dayMs)
  return readUsual(clickhouse, { projectId, from, to: before, filters: { workflow: [key] } }, held)
}

type Asked = { projectId: string; flag: WorkflowFlag; compared: Compared; now: Date; usual?: Usual }

export type FlagComparison = CanaryComparison & {
  usual: Usual
  plan: StagePlan
  /** The window whose traces were compared. */
  window: { from: Date; to: Date }
  /** Set while the canary serves everyone: there is no control any more, and only the fuses look on. */
  uncontrolledSince?: Date
  /** Fuses that blew without a control. */
  blown: { id: string; canary: number }[]
}

/**
 * Both arms of a flag side by side, and what to do. Once the canary serves everyone nobody stands beside it: then what was
 * compared stays as it was, since what comes later would be put against a control of another time.
 */
export async function compareFlag(clickhouse: ClickHouse, asked: Asked): Promise<FlagComparison> {
  const { projectId, flag, compared, now } = asked
  const key = flag.key
  const held = heldTo(flag.guardrails)
  const usual = asked.usual ?? (await usualBefore(clickhouse, { projectId, key, before: compared.since, held }))
  const { stages, alone } = parted(compared.stages)
  const end = compared.until ?? now
  const to = alone?.since ?? end
  const plan = planOf(flag, stages, usual, alone !== undefined)
  const common = { projectId, flag: key, guardrails: held, usual }
  const [comparison, blown] = await Promise.all([
    compareArms(clickhouse, { ...common, stages, now: to, plan }),
    alone ? blownFuses(clickhouse, { ...common, stage: alone, now: end }) : [],
  ])
  return {
    ...comparison,
    ...{ usual, plan, blown, window: { from: compared.since, to } },
    ...(alone && { uncontrolledSince: alone.since }),
  }
}

/** The stages that have a control, and the first of those at the end that have none. */
function parted(stages: Compared['stages']): { stages: Compared['stages']; alone?: CanaryStage } {
  const last = stages.findLastIndex(({ controlShare }) => controlShare > 0)
  return last === -1 || last === stages.length - 1
    ? { stages }
    : { stages: stages.slice(0, last + 1), alone: stages[last + 1] }
}

/** Of each arm, before a stage may be promoted. */
const minUsers = 100
const leastPlanned = 1000

/** Fixed by what was usual before and by the ramp's widest stage, so that looking does not change it. */
function planOf(flag: WorkflowFlag, stages: Compared['stages'], usual: Usual, isOver: boolean): StagePlan {
  const { ramp, share } = flag
  const planned = plannedUsers(usual, ramp ? ramp.stages.map(stage => stage.share) : [share])
  return { planned, minUsers, minDwellMs: isOver ? 0 : dwellOf(flag, stages) }
}

/** About as many users of both arms as the widest of the shares that leave a control will bring. */
export function plannedUsers(usual: Pick<Usual, 'users'>, shares: number[]): number {
  const width = (share: number) => {
    const { canaryShare, controlShare } = widths(share)
    return controlShare > 0 ? canaryShare + controlShare : 0
  }
  return Math.max(leastPlanned, Math.round(usual.users * Math.max(...shares.map(width))))
}

/** From when its share was first served until the ramp, which may have been paused meanwhile, has waited long enough. */
function dwellOf({ ramp }: WorkflowFlag, stages: Compared['stages']): number {
  const stage = ramp?.state === 'running' ? ramp.stages[ramp.at] : undefined
  const entered = stages.at(-1)?.since
  if (!stage || !ramp?.since || !entered) return dayMs
  return Math.max(0, Date.parse(ramp.since) + stage.hours * hourMs - entered.getTime())
}
