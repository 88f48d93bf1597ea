import { z } from 'zod'
import { type FrozenLines, lineParams, measureColumns } from './canary-sums.ts'
import type { ClickHouse } from './clickhouse.ts'
import type { GuardrailId, NamedGuardrail } from './domain/guardrails.ts'
import type { Baseline } from './domain/stats/power.ts'
import { complement, type UserSums } from './domain/stats/sums.ts'
import { dayMs } from './domain/time.ts'
import { type TraceSet, traceSet } from './trace-set.ts'

import { type EventSums, eventSums, sumColumn, sumList, unitSql } from './user-sums.ts'

/** What was usual before a canary: its lines, each guardrail's value and spread, and how many users came. */
export type Usual = {
  lines: FrozenLines
  /** Distinct users of the days that were looked at. */
  users: number
  usersADay: number
  guardrails: Partial<Record<GuardrailId, { value: number; baseline: Baseline }>>
}

/**
 * Reads what was usual from the traces of a set, as a rule those of the canary's workflow in the weeks before it began.
 * Read for the same window later it is the same again, as long as its data is kept.
 */
export async function readUsual(
  clickhouse: ClickHouse,
  before: TraceSet,
  guardrails: readonly NamedGuardrail[],
): Promise<Usual> {
  const set = { ...before, filters: { ...before.filters, serving: ['ai'] } }
  const lines = await readLines(clickhouse, set)
  const { ids, perUser } = measureColumns(
    guardrails.map(({ id }) => id),
    lines,
    '1',
  )
  const byUser = `per_user as (
  select ${[`${unitSql} as unit`, ...perUser].join(',\n    ')}
  from trace_set
  group by unit
)`
  const { ctes, params } = traceSet(set, byUser)
  const [row] = await clickhouse.query({
    sql: `${ctes},
${byUser}
select count() as units, ${sumColumn()}
from per_user`,
    params: { ...params, ...lineParams(lines) },
    row: z.object({ units: z.coerce.number(), sums: sumList }),
  })
  const { units = 0, sums = [] } = row ?? {}
  const days = (set.to.getTime() - set.from.getTime()) / dayMs
  const usual = guardrails.flatMap(guardrail => {
    const at = ids.indexOf(guardrail.id)
    const found = at < 0 ? undefined : usualOf(guardrail, eventSums(sums, at))
    return found ? [[guardrail.id, found] as const] : []
  })
  return { lines, users: units, usersADay: units / days, guardrails: Object.fromEntries(usual) }
}

async function readLines(clickhouse: ClickHouse, set: TraceSet): Promise<FrozenLines> {
  const lines = `per_user as (
  select ${unitSql} as unit, sum(trace_set.cost_usd) / uniqExact(session_key) as cost
  from trace_set
  group by unit
)
select
  (select quantileExactIf(0.95)(latency_ms, has_root) from trace_set) as slow_ms,
  (select countIf(has_root) from trace_set) as timed,
  quantileExact(0.999)(cost) as cost_cap
from per_user`
  const { ctes, params } = traceSet(set, lines)
  const number = z.union([z.null(), z.coerce.number()])
  const [row] = await clickhouse.query({
    sql: `${ctes},
${lines}`,
    params,
    row: z.object({ slow_ms: number, timed: z.coerce.number(), cost_cap: number }),
  })
  return {
    ...(row && row.timed >= leastTimed && row.slow_ms !== null && { slowMs: row.slow_ms }),
    // Without any known cost there is no line: a cap of 0 would call every cost nothing.
    ...(row?.cost_cap && { costCap: row.cost_cap }),
  }
}

/** A p95 of fewer is chance. */
const leastTimed = 100

function usualOf(guardrail: NamedGuardrail, sums: EventSums): { value: number; baseline: Baseline } | undefined {
  const { id, scale } = guardrail
  const harm: UserSums = id === 'task_completion_rate' ? complement(sums) : sums
  if (!(harm.d > 0) || harm.users < 2) return undefined
  const ratio = harm.m / harm.d
  if (scale === 'share') {
    const events = id === 'task_completion_rate' ? sums.rest : sums.some
    return { value: ratio, baseline: { rate: events / harm.users } }
  }
  const spread = Math.sqrt(Math.max(0, harm.mm - 2 * ratio * harm.md + ratio * ratio * harm.dd) / harm.users)
  if (scale === 'log') return { value: Math.exp(ratio), baseline: { spread } }
  // Of a ratio: the spread of a user's part of it, in units of the ratio.
  const part = ratio * (harm.d / harm.users)
  return part > 0 ? { value: ratio, baseline: { spread: spread / part } } : undefined
}
