import { z } from 'zod'
import type { ClickHouse } from './clickhouse.ts'

const most = 50

/** Workflows with traces in the window, the busiest first: fifty at most. With `among`, only those of these names. */
export async function listWorkflows(
  clickhouse: ClickHouse,
  { projectId, from, to, among }: { projectId: string; from: Date; to: Date; among?: readonly string[] },
): Promise<string[]> {
  const rows = await clickhouse.query({
    sql: `
      select traces.workflow as name, uniq(trace_id) as seen
      from traces
      where project_id = {project:String}
        and hour >= toDateTime({from:UInt32}, 'UTC')
        and hour <= toDateTime({to:UInt32}, 'UTC')
        and traces.workflow != ''
        ${among ? 'and traces.workflow in {among:Array(String)}' : ''}
      group by name
      order by seen desc, name
      limit ${most}`,
    params: {
      project: projectId,
      from: Math.floor(from.getTime() / 1000),
      to: Math.floor(to.getTime() / 1000),
      among: among ?? [],
    },
    row: z.object({ name: z.string(), seen: z.coerce.number() }),
  })
  return rows.map(row => row.name)
}
