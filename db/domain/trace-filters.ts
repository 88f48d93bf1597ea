/**
 * What a set of traces can be narrowed by. Each key takes any number of values, of which one must match; different
 * keys must all match. The same keys stand in the URL, so a filter can be linked, from a metric's number too.
 */
export type TraceFilters = { [key in FilterKey]?: string[] }

type FilterDefinition = { label: string; describes: string; values?: readonly string[]; free?: true }

export const traceFilters = {
  feedback: {
    label: 'Feedback',
    describes: 'what people said about it',
    values: ['negative', 'positive', 'any', 'none'],
  },
  status: {
    label: 'Status',
    describes: 'how the trace ended',
    values: ['ok', 'error', 'interrupted', 'running', 'incomplete'],
  },
  completed: { label: 'Completed', describes: 'whether the task was completed', values: ['yes', 'no'] },
  action: { label: 'Action', describes: 'whether the result was accepted or acted upon', values: ['yes', 'no'] },
  tool_outcome: { label: 'Tool outcome', describes: 'how tool calls ended', values: ['failed', 'empty', 'any'] },
  timed: { label: 'Timed', describes: 'which of its times are known', values: ['latency', 'first token'] },
  serving: { label: 'Served by', describes: 'a model, or the deterministic path', values: ['ai', 'deterministic'] },
  cost: { label: 'Cost', describes: 'whether all of it is known', values: ['known', 'unknown'] },
  workflow: { label: 'Workflow', describes: 'name of the workflow' },
  version: { label: 'Version', describes: 'version of the workflow' },
  model: { label: 'Model', describes: 'a model that answered' },
  tool: { label: 'Tool', describes: 'a tool that was called' },
  variant: { label: 'Variant', describes: 'flag=variant' },
  user: { label: 'User', describes: 'id of the end user' },
  session: { label: 'Session', describes: 'id of the session' },
  environment: { label: 'Environment', describes: 'where it ran' },
  release: { label: 'Release', describes: 'release of the application' },
  service: { label: 'Service', describes: 'service that sent it' },
  tag: { label: 'Tag', describes: 'a tag on the trace' },
  name: { label: 'Name', describes: 'name of the root span' },
  slower: { label: 'Slower than', describes: 'milliseconds', free: true },
  q: { label: 'Text', describes: 'words in what was asked, answered or returned by a tool', free: true },
} as const satisfies Record<string, FilterDefinition>

export type FilterKey = keyof typeof traceFilters
export const filterKeys = Object.keys(traceFilters) as FilterKey[]

/** The facts of a filter as plain data: its closed list of values is undefined when any text goes. */
export function filterDefinition(key: FilterKey): FilterDefinition {
  return traceFilters[key]
}

/** The value of a filter that stands for traces without the fact: `workflow=(none)`. */
export const noValue = '(none)'

const mostValues = 20
const longestValue = 500

/** The filters a URL asks for; unknown values of a closed list and empty texts are dropped. */
export function readFilters(params: URLSearchParams): TraceFilters {
  const filters: TraceFilters = {}
  for (const key of filterKeys) {
    const values = [...new Set(params.getAll(key).map(value => value.trim()))]
      .filter(value => isValue(key, value))
      .slice(0, key === 'q' || key === 'slower' ? 1 : mostValues)
    if (values.length > 0) filters[key] = values
  }
  return filters
}

/** Puts the filters into a copy of the parameters, in place of those there; all else (the time range) stays. */
export function writeFilters(params: URLSearchParams, filters: TraceFilters): URLSearchParams {
  const written = new URLSearchParams(params)
  for (const key of filterKeys) {
    written.delete(key)
    for (const value of filters[key] ?? []) written.append(key, value)
  }
  written.delete('cursor')
  return written
}

export function withFilter(filters: TraceFilters, key: FilterKey, value: string): TraceFilters {
  const single = filterDefinition(key).free || filterDefinition(key).values
  return { ...filters, [key]: single ? [value] : [...new Set([...(filters[key] ?? []), value])] }
}

export function withoutFilter(filters: TraceFilters, key: FilterKey, value: string): TraceFilters {
  const rest = (filters[key] ?? []).filter(other => other !== value)
  const { [key]: _, ...others } = filters
  return rest.length > 0 ? { ...others, [key]: rest } : others
}

function isValue(key: FilterKey, value: string) {
  if (value === '' || value.length > longestValue) return false
  if (key === 'slower') return /^\d{1,12}$/.test(value)
  return filterDefinition(key).values?.includes(value) ?? true
}
