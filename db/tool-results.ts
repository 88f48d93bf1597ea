import { z } from 'zod'
import type { ClickHouse } from './clickhouse.ts'

type Store = Pick<ClickHouse, 'query'>
type Window = { projectId: string; from: Date; to: Date }
const count = z.coerce.number()

const used = z.object({ tool: z.string(), calls: count, failed: count, empty: count, lastAtMs: count })
export type ToolUsed = z.infer<typeof used>

const within = `project_id = {projectId:String}
  and start_time >= fromUnixTimestamp64Milli({from:Int64}, 'UTC')
  and start_time < fromUnixTimestamp64Milli({to:Int64}, 'UTC')
  and kind = 'tool'`
const paramsOf = ({ projectId, from, to }: Window) => ({ projectId, from: from.getTime(), to: to.getTime() })

/** Tools that a project called in a window, the most called first. */
export function listToolsUsed(clickhouse: Store, window: Window): Promise<ToolUsed[]> {
  return clickhouse.query({
    sql: `
      select
        tool_name as tool,
        count() as calls,
        countIf(tool_outcome = 'error') as failed,
        countIf(tool_outcome = 'empty') as empty,
        toUnixTimestamp64Milli(toDateTime64(max(start_time), 3)) as lastAtMs
      from spans
      where ${within} and tool_name != ''
      group by tool
      order by calls desc, tool
      limit 200`,
    params: paramsOf(window),
    row: used,
  })
}

const result = z.object({
  traceId: z.string(),
  spanId: z.string(),
  outcome: z.string(),
  result: z.string(),
  atMs: count,
})
export type ToolResult = z.infer<typeof result>

/** The last results of a tool, of calls that did not fail. A result may be large: few are read. */
export function lastToolResults(
  clickhouse: Store,
  { tool, limit = 20, ...window }: Window & { tool: string; limit?: number },
): Promise<ToolResult[]> {
  return clickhouse.query({
    sql: `
      select
        trace_id as traceId,
        span_id as spanId,
        tool_outcome as outcome,
        tool_result as result,
        toUnixTimestamp64Milli(toDateTime64(start_time, 3)) as atMs
      from spans
      where ${within} and tool_name = {tool:String} and tool_outcome in ('ok', 'empty')
      order by start_time desc
      limit {limit:UInt32}`,
    params: { ...paramsOf(window), tool, limit },
    row: result,
  })
}
