import { z } from 'zod'
import type { ClickHouse } from './clickhouse.ts'

/** The hour of the project's first trace since a moment; undefined when there is none. */
export async function firstTrace(
  clickhouse: ClickHouse,
  { projectId, since }: { projectId: string; since: Date },
): Promise<Date | undefined> {
  const [row] = await clickhouse.query({
    sql: `
      select toUnixTimestamp(min(hour)) as first, count() as found
      from traces
      where project_id = {project:String}
        and hour >= toDateTime({since:UInt32}, 'UTC')`,
    params: { project: projectId, since: Math.floor(since.getTime() / 1000) },
    row: z.object({ first: z.coerce.number(), found: z.coerce.number() }),
  })
  return row && row.found > 0 ? new Date(row.first * 1000) : undefined
}
