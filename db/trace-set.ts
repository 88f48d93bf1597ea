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

/** Sums and texts of the rollup. */
const rolled = {
  last_end: 'max(end_time)',
  span_count: 'sum(traces.span_count)',
  error_count: 'sum(traces.error_count)',
  llm_count: 'sum(traces.llm_count)',
  tool_count: 'sum(traces.tool_count)',
  tool_failed: 'sum(traces.tool_failed)',
  tool_empty: 'sum(traces.tool_empty)',
  input_tokens: 'sum(traces.input_tokens)',
  output_tokens: 'sum(traces.output_tokens)',
  cost_usd: 'sum(traces.cost_nano_usd) / 1e9',
  cost_unknown: 'sum(traces.cost_unknown)',
  usage_unknown: 'sum(traces.usage_unknown)',
  ttft_ms: 'max(traces.ttft_ms)',
  session_id: 'max(traces.session_id)',
  user_id: 'max(traces.user_id)',
  workflow: 'max(traces.workflow)',
  workflow_version: 'max(traces.workflow_version)',
  run_id: 'max(traces.run_id)',
  serving: 'max(traces.serving)',
  environment: 'max(traces.environment)',
  release: 'max(traces.release)',
  service: 'max(traces.service)',
  feature_flags: 'groupUniqArrayArray(traces.feature_flags)',
  tags: 'groupUniqArrayArray(traces.tags)',
  models: 'groupUniqArrayArray(traces.models)',
  tools: 'groupUniqArrayArray(traces.tools)',
  has_root: 'max(traces.has_root) = 1',
  root_name: 'max(traces.root_name)',
  root_status: 'max(traces.root_status)',
  root_ms: 'max(traces.root_duration_ns) / 1e6',
  paused_ms: 'max(traces.paused_ms)',
  latency_ms: 'greatest(0, root_ms - paused_ms)',
  interrupted_count: 'sum(traces.interrupted_count)',
  root_input: 'max(traces.root_input)',
  root_output: 'max(traces.root_output)',
}

/** What signals say of a trace. */
const scored = {
  negative: 'countIf(polarity < 0)',
  positive: 'countIf(polarity > 0)',
  actions: "countIf(kind in ('accept', 'action'))",
  comments: "countIf(comment != '')",
  completions: "countIf(kind = 'completion')",
  completion_value: "argMaxIf(value, at, kind = 'completion')",
}

/** What follows from both. */
const derived = {
  status: `multiIf(
      not has_root and last_end > now64(3) - interval ${runningMs / 1000} second, 'running',
      not has_root and interrupted_count > 0, 'interrupted',
      not has_root, 'incomplete',
      root_status = 'unset', 'ok',
      root_status)`,
  duration_ms: 'if(has_root, root_ms, (toUnixTimestamp64Nano(last_end) - toUnixTimestamp64Nano(started)) / 1e6)',
  session_key: "if(session_id = '', trace_id, session_id)",
  ended: 'has_root or completions > 0',
  completed: "if(completions > 0, completion_value >= 0.5, has_root and root_status in ('ok', 'unset'))",
}

const columns = new Map(Object.entries({ ...rolled, ...scored, ...derived }))

/** Beside trace_id and started. */
export const traceColumns: readonly string[] = [...columns.keys()]

/** The columns that a SQL text names, and those that they are made of. */
function columnsNamed(sql: string, found = new Set<string>()): Set<string> {
  for (const [word] of sql.matchAll(/\w+/g)) {
    const made = columns.get(word)
    if (made === undefined || found.has(word)) continue
    found.add(word)
    columnsNamed(made, found)
  }
  return found
}

/**
 * SQL of a set of traces. Columns of `trace_set`: trace_id, started, last_end, the sums and texts of the rollup,
 * `status` (ok, error, interrupted, running, incomplete), latency_ms (less what was paused), duration_ms, cost_usd, session_key, ended,
 * completed, and from the signals: negative, positive, actions, comments. With `naming`, the SQL that reads the set, it has
 * only the columns named there: to plan a query with all of them takes ClickHouse twice as long.
 */
export function traceSet(set: TraceSet, naming?: string): TraceSetSql {
  const filters = set.filters ?? {}
  const conditions = filterConditions(filters)
  const wanted = naming === undefined ? undefined : columnsNamed(`${naming} ${conditions.join(' ')}`)
  const pick = (made: Record<string, string>) => Object.entries(made).filter(([name]) => wanted?.has(name) ?? true)
  const [sums, signals, rest] = [pick(rolled), pick(scored), pick(derived)]
  const list = (made: [string, string][]) => made.map(([name, sql]) => `,\n    ${sql} as ${name}`).join('')
  const among = set.ids ? 'and trace_id in {ids:Array(String)}' : ''
  const ctes = `with
rolled as (
  select
    trace_id,
    min(start_time) as started${list(sums)}
  from traces
  where project_id = {project:String}
    and hour >= toDateTime({from_hour:UInt32}, 'UTC')
    and hour < toDateTime({to_hour:UInt32}, 'UTC')
    ${among}
  group by trace_id
  having started >= fromUnixTimestamp64Milli({from_ms:Int64}, 'UTC')
    and started < fromUnixTimestamp64Milli({to_ms:Int64}, 'UTC')
),
${
  signals.length > 0
    ? `scored as (
  select
    trace_id${list(signals)}
  from signals final
  where project_id = {project:String}
    and at >= fromUnixTimestamp64Milli({from_ms:Int64}, 'UTC') - interval 1 day
    ${among}
  group by trace_id
),`
    : ''
}
trace_set as (
  select
    rolled.*${signals.map(([name]) => `,\n    scored.${name} as ${name}`).join('')}${list(rest)}
  from rolled
  ${signals.length > 0 ? 'left join scored using (trace_id)' : ''}
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
