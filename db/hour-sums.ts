import { z } from 'zod'
import type { ClickHouse } from './clickhouse.ts'
import type { MetricId } from './domain/metrics.ts'
import { hourMs } from './domain/time.ts'
import type { TraceFilters } from './domain/trace-filters.ts'
import type { UserSums } from './domain/week-over-week.ts'
import { traceSet } from './trace-set.ts'
import { unitSql, userSums } from './week-over-week.ts'

type Hour = {
  projectId: string
  hour: Date
  filters: TraceFilters /** A row for each workflow, or one for all. */
  byWorkflow: boolean
  metrics: readonly MetricId[]
}
export type HourSums = Map<string, Partial<Record<MetricId, UserSums>>>

const parts = ['users', 'm', 'd', 'mm', 'md', 'dd'] as const

/** Per-user sums of several metrics in one hour, by workflow or under '' for all. */
export async function readHour(
  clickhouse: ClickHouse,
  { projectId, hour, filters, byWorkflow, metrics }: Hour,
): Promise<HourSums> {
  const whole = (sql: string) => sql.replaceAll('in_week', '1')
  const perUser = `per_user as (
  select
    ${byWorkflow ? 'workflow' : "''"} as scope,
    ${unitSql} as unit,
    ${metrics.map(id => `toFloat64(${whole(userSums[id].m)}) as ${id}_m,\n    toFloat64(${whole(userSums[id].d)}) as ${id}_d`).join(',\n    ')}
  from trace_set
  group by scope, unit
)`
  const set = { projectId, from: hour, to: new Date(hour.getTime() + hourMs), filters }
  const { ctes, params } = traceSet(set, perUser)
  const row = z.looseObject({ scope: z.string() })
  const rows = await clickhouse.query({
    sql: `${ctes},
${perUser}
select
  scope,
  ${metrics.map(sumsOf).join(',\n  ')}
from per_user
group by scope`,
    params,
    row,
  })
  return new Map(rows.map(found => [found.scope, Object.fromEntries(metrics.map(id => [id, readSums(found, id)]))]))
}

const sumsOf = (id: MetricId) => {
  const [m, d] = [`per_user.${id}_m`, `per_user.${id}_d`]
  const sums = {
    users: `countIf(${d} > 0)`,
    m: `sum(${m})`,
    d: `sum(${d})`,
    mm: `sum(${m} * ${m})`,
    md: `sum(${m} * ${d})`,
    dd: `sum(${d} * ${d})`,
  }
  return parts.map(part => `${sums[part]} as ${id}_sum_${part}`).join(',\n  ')
}

function readSums(row: Record<string, unknown>, id: MetricId): UserSums {
  return Object.fromEntries(parts.map(part => [part, Number(row[`${id}_sum_${part}`])])) as UserSums
}
