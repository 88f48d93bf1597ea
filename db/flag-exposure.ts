import { z } from 'zod'
import type { ClickHouse } from './clickhouse.ts'
import { hourMs } from './domain/time.ts'

type Window = { from: Date; to: Date }

// A trace's facts stand in one row for each hour it has spans in.
const byTrace = (where: string) => `
  select
    trace_id,
    min(start_time) as started,
    max(traces.user_id) as user,
    max(traces.workflow) as workflow,
    max(traces.serving) as served_by,
    groupUniqArrayArray(traces.feature_flags) as flags
  from traces
  where ${where}
    and hour >= toDateTime({from_hour:UInt32}, 'UTC')
    and hour < toDateTime({to_hour:UInt32}, 'UTC')
  group by project_id, trace_id
  having started >= fromUnixTimestamp64Milli({from_ms:Int64}, 'UTC')
    and started < fromUnixTimestamp64Milli({to_ms:Int64}, 'UTC')`

const windowParams = ({ from, to }: Window) => ({
  from_ms: from.getTime(),
  to_ms: to.getTime(),
  from_hour: Math.max(0, Math.floor(from.getTime() / hourMs) * (hourMs / 1000)),
  to_hour: Math.ceil((to.getTime() + 24 * hourMs) / hourMs) * (hourMs / 1000),
})

const armRow = z.object({ variant: z.string(), users: z.coerce.number(), traces: z.coerce.number() })
export type ArmExposure = z.infer<typeof armRow>

/** Users and traces that were exposed to each variant of a flag, by traces that began in a window. */
export function readExposure(
  clickhouse: ClickHouse,
  { projectId, key, ...window }: { projectId: string; key: string } & Window,
): Promise<ArmExposure[]> {
  return clickhouse.query({
    sql: `
select
  substring(arrayJoin(arrayFilter(flag -> startsWith(flag, {prefix:String}), flags)), length({prefix:String}) + 1) as variant,
  uniqExactIf(user, user != '') as users,
  count() as traces
from (${byTrace('project_id = {project:String}')})
group by variant
order by indexOf(['off', 'preview', 'default', 'control', 'canary'], variant) desc, traces desc`,
    params: { project: projectId, prefix: `${key}=`, ...windowParams(window) },
    row: armRow,
  })
}

/** Users and traces that a model served in a window: of a workflow, a project, or with neither of the installation. */
export async function readAiUsers(
  clickhouse: ClickHouse,
  { projectId, workflow, ...window }: { projectId?: string; workflow?: string } & Window,
): Promise<{ users: number; traces: number }> {
  const [row] = await clickhouse.query({
    sql: `
select uniqExactIf(user, user != '') as users, count() as traces
from (${byTrace(projectId === undefined ? '1' : 'project_id = {project:String}')})
where served_by != 'deterministic'
  ${workflow === undefined ? '' : 'and (workflow = {workflow:String} or arrayExists(flag -> startsWith(flag, {prefix:String}), flags))'}`,
    params: {
      ...(projectId !== undefined && { project: projectId }),
      ...(workflow !== undefined && { workflow, prefix: `${workflow}=` }),
      ...windowParams(window),
    },
    row: armRow.omit({ variant: true }),
  })
  return row ?? { users: 0, traces: 0 }
}
