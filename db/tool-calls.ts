import { z } from 'zod'
import type { ClickHouse } from './clickhouse.ts'
import { type TraceSet, traceSet } from './trace-set.ts'

/** The calls of the tools that the set's filter names, in its traces; a call that came twice is there twice. */
const callsOf = (outcomes: string[]) => `from spans
where project_id = {project:String}
  and start_time >= fromUnixTimestamp64Milli({from_ms:Int64}, 'UTC')
  and start_time < toDateTime({to_hour:UInt32}, 'UTC')
  and kind = 'tool'
  and tool_name in {f_tool:Array(String)}
  and tool_outcome in (${outcomes.map(outcome => `'${outcome}'`).join(', ')})
  and trace_id in (select trace_id from trace_set)`

const said = "substringUTF8(if(status_message = '', tool_result, status_message), 1, 300)"

const errorRow = z
  .object({
    message: z.string(),
    calls: z.coerce.number(),
    traces: z.coerce.number(),
    last_ms: z.coerce.number(),
    last_trace: z.string(),
  })
  .transform(({ last_ms, last_trace, ...row }) => ({ ...row, lastMs: last_ms, lastTrace: last_trace }))
export type ToolError = z.output<typeof errorRow>

/**
 * What a tool's failed calls say, the most frequent first. Numbers and ids are taken for the same, so that one fault
 * does not show as a thousand.
 */
export function toolErrors(clickhouse: ClickHouse, set: TraceSet, limit = 10): Promise<ToolError[]> {
  const { ctes, params } = traceSet(set, '')
  return clickhouse.query({
    sql: `${ctes}
select
  argMax(${said}, start_time) as message,
  uniqExact(trace_id, span_id) as calls,
  uniqExact(trace_id) as traces,
  toUnixTimestamp64Milli(max(start_time)) as last_ms,
  argMax(trace_id, start_time) as last_trace
${callsOf(['error'])}
group by replaceRegexpAll(${said}, '[0-9a-f-]*[0-9][0-9a-f-]*', '#')
order by calls desc, last_ms desc
limit {limit:UInt32}`,
    params: { ...params, limit },
    row: errorRow,
  })
}

const callRow = z
  .object({
    trace_id: z.string(),
    span_id: z.string(),
    at_ms: z.coerce.number(),
    outcome: z.string(),
    duration_ms: z.coerce.number(),
    message: z.string(),
    arguments: z.string(),
    result: z.string(),
    user_id: z.string(),
    workflow: z.string(),
  })
  .transform(row => ({
    traceId: row.trace_id,
    spanId: row.span_id,
    atMs: row.at_ms,
    outcome: row.outcome,
    durationMs: row.duration_ms,
    message: row.message,
    /** The first 300 characters of each. */
    arguments: row.arguments,
    result: row.result,
    userId: row.user_id,
    workflow: row.workflow,
  }))
export type ToolCall = z.output<typeof callRow>

const found = z.object({ trace_id: z.string(), span_id: z.string(), at_ms: z.coerce.number() })

/** The newest failed and empty calls of a tool: found first, then read, for what they hold can be large. */
export async function newestCalls(
  clickhouse: ClickHouse,
  set: TraceSet,
  limit = 10,
): Promise<{ failed: ToolCall[]; empty: ToolCall[] }> {
  const { ctes, params } = traceSet(set, '')
  const ids = await clickhouse.query({
    sql: `${ctes}
select trace_id, span_id, toUnixTimestamp64Milli(started) as at_ms
from (
  select trace_id, span_id, any(tool_outcome) as outcome, any(start_time) as started
  ${callsOf(['error', 'empty'])}
  group by trace_id, span_id
)
order by started desc, span_id
limit {limit:UInt32} by outcome`,
    params: { ...params, limit },
    row: found,
  })
  if (ids.length === 0) return { failed: [], empty: [] }
  const times = ids.map(id => id.at_ms)
  const calls = await clickhouse.query({
    sql: `
select
  trace_id, span_id, toUnixTimestamp64Milli(start_time) as at_ms, tool_outcome as outcome,
  (toUnixTimestamp64Nano(end_time) - toUnixTimestamp64Nano(start_time)) / 1e6 as duration_ms,
  substringUTF8(status_message, 1, 300) as message,
  substringUTF8(tool_arguments, 1, 300) as arguments,
  substringUTF8(tool_result, 1, 300) as result,
  user_id, workflow
from spans
where project_id = {project:String}
  and start_time >= fromUnixTimestamp64Milli({first_ms:Int64}, 'UTC')
  and start_time < fromUnixTimestamp64Milli({last_ms:Int64} + 1, 'UTC')
  and trace_id in {trace_ids:Array(String)}
  and span_id in {span_ids:Array(String)}
order by start_time desc, span_id
limit 1 by trace_id, span_id`,
    params: {
      project: set.projectId,
      first_ms: Math.min(...times),
      last_ms: Math.max(...times),
      trace_ids: ids.map(id => id.trace_id),
      span_ids: ids.map(id => id.span_id),
    },
    row: callRow,
  })
  return {
    failed: calls.filter(({ outcome }) => outcome === 'error'),
    empty: calls.filter(({ outcome }) => outcome === 'empty'),
  }
}
