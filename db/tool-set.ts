import { type TraceSet, type TraceSetSql, traceSet } from './trace-set.ts'

/**
 * The traces of a set with the calls of tools read from the spans themselves: the rollup knows a trace's tools and its
 * outcomes, not which had which. Adds the table `tool_set`: the columns of `trace_set`, in which `tool_count`,
 * `tool_failed` and `tool_empty` are those of the tools meant; `tool_name` ('' where several are meant), `tool_ms` (sum)
 * and `tool_times` (each call's milliseconds).
 *
 * With `each`, a row a trace and tool. Without, a row a trace that sums the tools that the set's filter names; a trace
 * without calls of them is there with 0.
 */
export function toolSet(set: TraceSet, { each }: { each: boolean }): TraceSetSql {
  const { ctes, params } = traceSet(set)
  const named = set.filters?.tool ? 'and spans.tool_name in {f_tool:Array(String)}' : ''
  const sql = `${ctes},
tool_calls as (
  select
    trace_id,
    ${each ? 'tool_name,' : "'' as tool_name,"}
    count() as calls,
    countIf(tool_outcome = 'error') as failed,
    countIf(tool_outcome = 'empty') as empty,
    groupArray((toUnixTimestamp64Nano(end_time) - toUnixTimestamp64Nano(start_time)) / 1e6) as times
  from spans final
  where project_id = {project:String}
    and start_time >= fromUnixTimestamp64Milli({from_ms:Int64}, 'UTC')
    and start_time < toDateTime({to_hour:UInt32}, 'UTC')
    and kind = 'tool'
    ${named}
  group by trace_id${each ? ', tool_name' : ''}
),
tool_set as (
  select
    trace_set.* except (tool_count, tool_failed, tool_empty),
    tool_calls.tool_name as tool_name,
    tool_calls.calls as tool_count,
    tool_calls.failed as tool_failed,
    tool_calls.empty as tool_empty,
    tool_calls.times as tool_times,
    arraySum(tool_calls.times) as tool_ms
  from trace_set
  ${each ? 'inner' : 'left'} join tool_calls on tool_calls.trace_id = trace_set.trace_id
)`
  return { ctes: sql, params }
}
