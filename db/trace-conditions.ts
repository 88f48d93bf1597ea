import { jsonSpellings } from './domain/json-spellings.ts'
import { type FilterKey, noValue, type TraceFilters } from './domain/trace-filters.ts'

/** Values of closed lists, as conditions on `trace_set`'s columns. */
const choices: { [key in FilterKey]?: Record<string, string> } = {
  feedback: {
    negative: 'negative > 0',
    positive: 'positive > 0',
    any: 'negative + positive > 0',
    none: 'negative + positive = 0',
  },
  completed: { yes: 'ended and completed', no: 'ended and not completed' },
  action: { yes: 'actions > 0', no: 'actions = 0' },
  tool_outcome: { failed: 'tool_failed > 0', empty: 'tool_empty > 0', any: 'tool_count > 0' },
  timed: { latency: 'has_root', 'first token': 'ttft_ms >= 0' },
  serving: { ai: "serving != 'deterministic'", deterministic: "serving = 'deterministic'" },
  cost: { known: 'cost_unknown + usage_unknown = 0', unknown: 'cost_unknown + usage_unknown > 0' },
}

const texts: { [key in FilterKey]?: string } = {
  status: 'status in {f_status:Array(String)}',
  workflow: 'workflow in {f_workflow:Array(String)}',
  version: 'workflow_version in {f_version:Array(String)}',
  model: 'hasAny(models, {f_model:Array(String)})',
  tool: 'hasAny(tools, {f_tool:Array(String)})',
  variant: 'hasAny(feature_flags, {f_variant:Array(String)})',
  user: 'user_id in {f_user:Array(String)}',
  session: 'session_id in {f_session:Array(String)}',
  environment: 'environment in {f_environment:Array(String)}',
  release: 'release in {f_release:Array(String)}',
  service: 'service in {f_service:Array(String)}',
  tag: 'hasAny(tags, {f_tag:Array(String)})',
  name: 'root_name in {f_name:Array(String)}',
  slower: 'if(has_root, latency_ms, duration_ms) > {f_slower:Float64}',
}

const spanWindow = `project_id = {project:String}
      and start_time >= fromUnixTimestamp64Milli({from_ms:Int64}, 'UTC')
      and start_time < fromUnixTimestamp64Milli({to_ms:Int64}, 'UTC') + interval 1 day`

const spanOutcomes: Record<string, string> = {
  failed: "tool_outcome = 'error'",
  empty: "tool_outcome = 'empty'",
  any: '1',
}

/** Conditions on the columns of `trace_set`, all of which must hold. */
export function filterConditions(filters: TraceFilters): string[] {
  const conditions: string[] = []
  for (const [key, values] of Object.entries(filters) as [FilterKey, string[]][]) {
    const chosen = choices[key]
    if (chosen) conditions.push(`(${values.map(value => `(${chosen[value] ?? '0'})`).join(' or ')})`)
    else if (texts[key]) conditions.push(texts[key])
  }
  if (filters.tool && filters.tool_outcome) conditions.push(toolOutcomeCondition(filters.tool_outcome))
  if (filters.q) conditions.push(textCondition(searchWords(filters.q[0] ?? '')))
  return conditions
}

/** The outcome of the very tools asked for: the rollup knows a trace's tools and its outcomes, not which had which. */
function toolOutcomeCondition(outcomes: string[]) {
  return `trace_id in (
    select trace_id
    from spans
    where ${spanWindow}
      and kind = 'tool'
      and tool_name in {f_tool:Array(String)}
      and (${outcomes.map(outcome => spanOutcomes[outcome] ?? '0').join(' or ')}))`
}

const searched = ['input', 'output', 'tool_arguments', 'tool_result']

/** Traces with a span that has every word in its texts, or whose trace or span id is the only word. */
function textCondition(words: string[]) {
  const every = words.map((_, i) => {
    const places = searched.map(column => `multiSearchAnyCaseInsensitiveUTF8(${column}, {q_${i}:Array(String)})`)
    return `(${places.join(' or ')})`
  })
  const id = 'lower({q_0:Array(String)}[1])'
  const byId = words.length === 1 ? `or trace_id = ${id} or span_id = ${id}` : ''
  return `trace_id in (
    select trace_id
    from spans
    where ${spanWindow}
      and ((${every.join(' and ') || '1'}) ${byId}))`
}

/** Words of a search; what stands in double quotes is one. */
function searchWords(text: string): string[] {
  return [...text.matchAll(/"([^"]+)"|([^\s"]+)/g)].map(match => match[1] ?? match[2] ?? '').slice(0, 8)
}

/** The values that the conditions name. */
export function filterParams(filters: TraceFilters): Record<string, unknown> {
  const params: Record<string, unknown> = {}
  for (const [key, values] of Object.entries(filters) as [FilterKey, string[]][]) {
    if (key === 'q') Object.assign(params, wordParams(values[0] ?? ''))
    else if (key === 'slower') params.f_slower = Number(values[0])
    else if (texts[key]) params[`f_${key}`] = values.map(value => (value === noValue ? '' : value))
  }
  return params
}

const wordParams = (text: string) =>
  Object.fromEntries(searchWords(text).map((word, i) => [`q_${i}`, jsonSpellings(word)]))
