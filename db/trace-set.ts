import { dayMs, hourMs } from './domain/time.ts'
import type { TraceFilters } from './domain/trace-filters.ts'
import { filterConditions, filterParams } from './trace-conditions.ts'

/** The traces of a project that began in a window (`from` inclusive, `to` exclusive), narrowed by filters. */
export type TraceSet = {
  projectId: string
  from: Date
  to: Date
  filters?: TraceFilters
  /** Only these traces. */
  ids?: string[]
}

/** A `with` clause that ends in the table `trace_set`, one row a trace, and the values of its parameters. */
export type TraceSetSql = { ctes: string; params: Record<string, unknown> }

/**
 * How far a trace's spans may lie from its start and still be summed to it. The rollup has one row a trace and hour, and
 * a trace belongs to the window in which it began: so the hours read reach beyond the window on both sides.
 */
const reachMs = dayMs

/** A trace without a root whose last span is older than this is no longer called running. */
const runningMs = 10 * 60_000

const completed = "if(completions > 0, completion_value >= 0.5, has_root and root_status in ('ok', 'unset'))"

/**
 * SQL of a set of traces. Columns of `trace_set`: trace_id, started, last_end, the sums and texts of the rollup,
 * `status` (ok, error, interrupted, running, incomplete), latency_ms (less what was paused), duration_ms, cost_usd, session_key, ended,
 * completed, and from the signals: negative, positive, actions, comments.
 */
export function traceSet(set: TraceSet): TraceSetSql {
  const filters = set.filters ?? {}
  const conditions = filterConditions(filters)
  const among = set.ids ? 'and trace_id in {ids:Array(String)}' : ''
  const ctes = `with
rolled as (
  select
    trace_id,
    min(start_time) as started,
    max(end_time) as last_end,
    sum(traces.span_count) as span_count,
    sum(traces.error_count) as error_count,
    sum(traces.llm_count) as llm_count,
    sum(traces.tool_count) as tool_count,
    sum(traces.tool_failed) as tool_failed,
    sum(traces.tool_empty) as tool_empty,
    sum(traces.input_tokens) as input_tokens,
    sum(traces.output_tokens) as output_tokens,
    sum(traces.cost_nano_usd) / 1e9 as cost_usd,
    sum(traces.cost_unknown) as cost_unknown,
    max(traces.ttft_ms) as ttft_ms,
    max(traces.session_id) as session_id,
    max(traces.user_id) as user_id,
    max(traces.workflow) as workflow,
    max(traces.workflow_version) as workflow_version,
    max(traces.run_id) as run_id,
    max(traces.serving) as serving,
    max(traces.environment) as environment,
    max(traces.release) as release,
    max(traces.service) as service,
    groupUniqArrayArray(traces.feature_flags) as feature_flags,
    groupUniqArrayArray(traces.tags) as tags,
    groupUniqArrayArray(traces.models) as models,
    groupUniqArrayArray(traces.tools) as tools,
    max(traces.has_root) = 1 as has_root,
    max(traces.root_name) as root_name,
    max(traces.root_status) as root_status,
    max(traces.root_duration_ns) / 1e6 as root_ms,
    max(traces.paused_ms) as paused_ms,
    greatest(0, root_ms - paused_ms) as latency_ms,
    sum(traces.interrupted_count) as interrupted_count,
    max(traces.root_input) as root_input,
    max(traces.root_output) as root_output
  from traces
  where project_id = {project:String}
    and hour >= toDateTime({from_hour:UInt32}, 'UTC')
    and hour < toDateTime({to_hour:UInt32}, 'UTC')
    ${among}
  group by trace_id
  having started >= fromUnixTimestamp64Milli({from_ms:Int64}, 'UTC')
    and started < fromUnixTimestamp64Milli({to_ms:Int64}, 'UTC')
),
scored as (
  select
    trace_id,
    countIf(polarity < 0) as negative,
    countIf(polarity > 0) as positive,
    countIf(kind in ('accept', 'action')) as actions,
    countIf(comment != '') as comments,
    countIf(kind = 'completion') as completions,
    argMaxIf(value, at, kind = 'completion') as completion_value
  from signals final
  where project_id = {project:String}
    and at >= fromUnixTimestamp64Milli({from_ms:Int64}, 'UTC') - interval 1 day
    ${among}
  group by trace_id
),
trace_set as (
  select
    rolled.*,
    scored.negative as negative,
    scored.positive as positive,
    scored.actions as actions,
    scored.comments as comments,
    multiIf(
      not has_root and last_end > now64(3) - interval ${runningMs / 1000} second, 'running',
      not has_root and interrupted_count > 0, 'interrupted',
      not has_root, 'incomplete',
      root_status = 'unset', 'ok',
      root_status) as status,
    if(has_root, root_ms, (toUnixTimestamp64Nano(last_end) - toUnixTimestamp64Nano(started)) / 1e6) as duration_ms,
    if(session_id = '', trace_id, session_id) as session_key,
    has_root or scored.completions > 0 as ended,
    ${completed} as completed
  from rolled
  left join scored using (trace_id)
  ${conditions.length > 0 ? `where ${conditions.join('\n    and ')}` : ''}
)`
  return { ctes, params: { ...windowParams(set), ...filterParams(filters) } }
}

function windowParams({ projectId, from, to, ids }: TraceSet) {
  const hours = (ms: number) => Math.max(0, Math.floor(ms / hourMs) * (hourMs / 1000))
  return {
    project: projectId,
    from_ms: from.getTime(),
    to_ms: to.getTime(),
    from_hour: hours(from.getTime() - reachMs),
    to_hour: hours(to.getTime() + reachMs) + hourMs / 1000,
    ...(ids && { ids }),
  }
}
