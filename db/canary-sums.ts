import { z } from 'zod'
import type { ClickHouse } from './clickhouse.ts'
import type { GuardrailId } from './domain/guardrails.ts'
import { type MetricSql, metricSql } from './metric-sql.ts'
import { traceSet } from './trace-set.ts'
import { type EventSums, eventSums, sumColumn, sumList, unitSql, userColumns, userTerms } from './user-sums.ts'

/** A stretch of a canary's life in which the draw was the same. Shares are of all users, 0 to 1. */
export type CanaryStage = { since: Date; canaryShare: number; controlShare: number }

/**
 * The stage of a canary that takes so many hundredths of a percent of all users, and beside it a control as wide, as far
 * as there is room.
 */
export const stageOf = (since: Date, share: number): CanaryStage => ({
  since,
  canaryShare: share / 10_000,
  controlShare: Math.min(share, 10_000 - share) / 10_000,
})

/** Lines drawn by what was usual before the canary began, and not moved while it is watched. */
export type FrozenLines = {
  /** Answers slower than this are slow: the p95 of latency. */
  slowMs?: number
  /** What a user's cost per session is winsorised at: the p99.9. */
  costCap?: number
}

export type CanaryData = {
  projectId: string
  /** The flag's key; `control` and `canary` are the variants compared, all others are left out. */
  flag: string
  /** In order; the comparison began with the first. */
  stages: readonly CanaryStage[]
  now: Date
  lines?: FrozenLines
}

/**
 * Whether a stage takes more than half after one that took less. Of the users who were in neither arm till then it gives
 * the canary more than its share, for the control keeps or loses what it had: only newcomers fall by the draw.
 */
const leapsOf = (stages: readonly CanaryStage[]): boolean[] =>
  stages.map(({ canaryShare }, at) => canaryShare > 0.5 && stages.slice(0, at).some(stage => stage.canaryShare < 0.5))

export type Measure = GuardrailId | 'feedback_response_rate'

/** Users enrolled in one stage into one arm, and what they did since. */
export type ArmStage = {
  arm: 'canary' | 'control'
  /** Index of the stage in which the user was first exposed. */
  stage: number
  /** All who were exposed, also those whom only the deterministic path served. */
  users: number
  traces: number
  /** Of those, what the deterministic path served: it is no part of the arm's figures. */
  deterministic: number
  /** Users who were in the other arm later; from then on they no longer count. */
  crossed: number
  sums: Partial<Record<Measure, EventSums>>
}

const served = "serving != 'deterministic'"

/** What a trace adds to a measure, and its cap; undefined where a line that it needs is not known. */
function measureSql(id: Measure, lines: FrozenLines): { sql: MetricSql; cap?: string } | undefined {
  if (id === 'latency_tail') {
    const isSlow = 'has_root and latency_ms > {slow_ms:Float64}'
    return lines.slowMs === undefined ? undefined : { sql: { numerator: isSlow, denominator: 'has_root' } }
  }
  const cap = id === 'cost_per_session' && lines.costCap !== undefined ? '{cost_cap:Float64}' : undefined
  return { sql: metricSql[id], cap }
}

/** A user's terms of those measures that can be taken, over the traces that meet a condition. */
export function measureColumns(measures: readonly Measure[], lines: FrozenLines, when: string) {
  const known = measures.flatMap(id => {
    const measure = measureSql(id, lines)
    return measure ? [{ id, ...measure }] : []
  })
  return {
    ids: known.map(({ id }) => id),
    perUser: userColumns(known.map(({ sql, cap }) => userTerms(sql, when, cap))),
  }
}

export const lineParams = ({ slowMs, costCap }: FrozenLines) => ({ slow_ms: slowMs ?? 0, cost_cap: costCap ?? 0 })

/**
 * Per-user sums of each measure by arm and stage of enrolment, computed in the store. A user belongs to the arm that
 * served them first: where a ramp moves the border over them, only what came before counts. Whom a stage that leaps over
 * half found waiting in neither arm is left out. A trace without a user counts as a user of its own session.
 */
export async function readArms(
  clickhouse: ClickHouse,
  { projectId, flag, stages, now, lines = {} }: CanaryData,
  measures: readonly Measure[],
): Promise<ArmStage[]> {
  const first = stages[0]
  if (!first || first.since >= now) return []
  const variants = { canary: `${flag}=canary`, control: `${flag}=control` }
  const waiting = `${flag}=default`
  const leaps = leapsOf(stages)
  const filters = { variant: [...Object.values(variants), ...(leaps.includes(true) ? [waiting] : [])] }
  const { ids, perUser } = measureColumns(measures, lines, served)
  const perArm = `per_arm as (
  select
    ${unitSql} as unit,
    has(feature_flags, {canary:String}) as is_canary,
    min(started) as first,
    count() as traces,
    countIf(not (${served})) as deterministic,
    ${perUser.join(',\n    ')}
  from trace_set
  where has(feature_flags, {canary:String}) != has(feature_flags, {control:String})
  group by unit, is_canary
),
waited as (
  select ${unitSql} as unit, min(started) as waited_from
  from trace_set
  where has(feature_flags, {waiting:String})
  group by unit
)`
  const { ctes, params } = traceSet({ projectId, from: first.since, to: now, filters }, perArm)
  const rows = await clickhouse.query({
    sql: `${ctes},
${perArm},
per_user as (
  select *, count() over (partition by unit) as arms
  from per_arm
  order by first, is_canary
  limit 1 by unit
)
select
  is_canary,
  toInt32(arrayCount(since -> since <= toUnixTimestamp64Milli(first), {stages:Array(Int64)})) - 1 as stage,
  count() as exposed,
  sum(per_user.traces) as trace_count,
  sum(per_user.deterministic) as deterministic_count,
  countIf(arms > 1) as crossed,
  ${sumColumn()}
from per_user
left join waited on waited.unit = per_user.unit
where {leaps:Array(UInt8)}[stage + 1] = 0
  or toUnixTimestamp64Milli(waited_from) = 0
  or waited_from > first
group by is_canary, stage
order by stage, is_canary`,
    params: {
      ...params,
      ...variants,
      ...lineParams(lines),
      waiting,
      leaps: leaps.map(Number),
      stages: stages.map(({ since }) => since.getTime()),
    },
    row: armRow,
  })
  return rows.map(({ is_canary, stage, exposed, trace_count, deterministic_count, crossed, sums }) => ({
    arm: is_canary === 1 ? 'canary' : 'control',
    stage,
    users: exposed,
    traces: trace_count,
    deterministic: deterministic_count,
    crossed,
    sums: Object.fromEntries(ids.map((id, at) => [id, eventSums(sums, at)])),
  }))
}

const count = z.coerce.number()
const armRow = z.object({
  is_canary: count,
  stage: count,
  exposed: count,
  trace_count: count,
  deterministic_count: count,
  crossed: count,
  sums: sumList,
})
