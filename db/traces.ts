import { z } from 'zod'
import type { ClickHouse } from './clickhouse.ts'
import { hourMs } from './domain/time.ts'
import { type TraceSet, traceSet } from './trace-set.ts'

const count = z.coerce.number()

const traceRow = z
  .object({
    trace_id: z.string(),
    started_ns: z.string(),
    last_end_ms: count,
    status: z.enum(['ok', 'error', 'interrupted', 'running', 'incomplete']).catch('incomplete'),
    duration_ms: count,
    paused_ms: count,
    span_count: count,
    error_count: count,
    llm_count: count,
    tool_count: count,
    tool_failed: count,
    tool_empty: count,
    input_tokens: count,
    output_tokens: count,
    cost_usd: count,
    cost_unknown: count,
    usage_unknown: count,
    ttft_ms: count,
    session_id: z.string(),
    user_id: z.string(),
    workflow: z.string(),
    workflow_version: z.string(),
    run_id: z.string(),
    serving: z.enum(['', 'ai', 'deterministic']).catch(''),
    environment: z.string(),
    release: z.string(),
    service: z.string(),
    feature_flags: z.array(z.string()),
    tags: z.array(z.string()),
    models: z.array(z.string()),
    tools: z.array(z.string()),
    root_name: z.string(),
    root_input: z.string(),
    root_output: z.string(),
    negative: count,
    positive: count,
    comments: count,
  })
  .transform(row => ({
    traceId: row.trace_id,
    /** Epoch milliseconds, and the same in nanoseconds as a text, which orders exactly. */
    startedMs: Number(BigInt(row.started_ns) / 1000n) / 1000,
    startedNs: row.started_ns,
    /** End of the span that ended last. */
    lastEndMs: row.last_end_ms,
    status: row.status,
    name: row.root_name,
    /** The root's time; that of all spans so far while there is no root. */
    durationMs: row.duration_ms,
    /** Of that, time spent waiting for a human. */
    pausedMs: row.paused_ms,
    spans: row.span_count,
    errors: row.error_count,
    llmCalls: row.llm_count,
    toolCalls: row.tool_count,
    toolsFailed: row.tool_failed,
    toolsEmpty: row.tool_empty,
    inputTokens: row.input_tokens,
    outputTokens: row.output_tokens,
    /** Known cost; model calls without a price, and those that tell no tokens, come on top of it. */
    costUsd: row.cost_usd,
    callsOfUnknownCost: row.cost_unknown,
    callsOfUnknownUsage: row.usage_unknown,
    ttftMs: row.ttft_ms < 0 ? null : row.ttft_ms,
    sessionId: row.session_id,
    userId: row.user_id,
    workflow: row.workflow,
    workflowVersion: row.workflow_version,
    runId: row.run_id,
    serving: row.serving,
    environment: row.environment,
    release: row.release,
    service: row.service,
    /** `flag=variant`. */
    variants: row.feature_flags.toSorted(),
    tags: row.tags.toSorted(),
    models: row.models.toSorted(),
    tools: row.tools.toSorted(),
    /** First 300 characters of what the root was asked and answered. */
    input: row.root_input,
    output: row.root_output,
    negative: row.negative,
    positive: row.positive,
    comments: row.comments,
  }))

/** A trace as lists show it: sums over its spans, without any payload. */
export type TraceSummary = z.output<typeof traceRow>
export type TraceStatus = TraceSummary['status']

const summaryColumns = `
  trace_id, toString(toUnixTimestamp64Nano(started)) as started_ns, toUnixTimestamp64Milli(last_end) as last_end_ms, status, duration_ms, paused_ms,
  span_count, error_count, llm_count, tool_count, tool_failed, tool_empty,
  input_tokens, output_tokens, cost_usd, cost_unknown, usage_unknown, ttft_ms,
  session_id, user_id, workflow, workflow_version, run_id, serving, environment, release, service,
  feature_flags, tags, models, tools, root_name, root_input, root_output, negative, positive, comments`

/** Where a page of a list ended: start in nanoseconds and trace id, as one text. */
export type TraceCursor = string

export type TracePage = {
  traces: TraceSummary[] /** Asks for what is older; null at the end. */
  next: TraceCursor | null
}

/** The newest window read first; each next one is this many times as long. */
const firstStepMs = hourMs
const stepFactor = 24

/**
 * Traces of the set, newest first. Reads back in growing steps until the page is full, so that the newest of a month
 * do not cost the sums of a month. A cursor that cannot be read counts as none.
 */
export async function listTraces(
  clickhouse: ClickHouse,
  set: TraceSet,
  { cursor, limit = 50, signal }: { cursor?: TraceCursor | null; limit?: number; signal?: AbortSignal } = {},
): Promise<TracePage> {
  const after = readCursor(cursor)
  const traces: TraceSummary[] = []
  // The cursor's own millisecond is read again: the rest of it may hold more traces.
  let to = after ? Math.min(set.to.getTime(), Number(after.startedNs / 1_000_000n) + 1) : set.to.getTime()
  for (let step = firstStepMs; traces.length <= limit && to > set.from.getTime(); step *= stepFactor) {
    const from = Math.max(set.from.getTime(), to - step)
    const window = { ...set, from: new Date(from), to: new Date(to) }
    traces.push(...(await listWindow(clickhouse, window, { after, limit: limit + 1 - traces.length, signal })))
    to = from
  }
  const page = traces.slice(0, limit)
  const last = page.at(-1)
  return { traces: page, next: traces.length > limit && last ? `${last.startedNs}.${last.traceId}` : null }
}

type After = { startedNs: bigint; traceId: string }

/**
 * The ids first, which reads little besides what the filters ask for, then the traces of those: the texts of a month's
 * traces are never summed for a page of it.
 */
async function listWindow(
  clickhouse: ClickHouse,
  set: TraceSet,
  { after, limit, signal }: { after?: After; limit: number; signal?: AbortSignal },
): Promise<TraceSummary[]> {
  const { ctes, params } = traceSet(set, '')
  const found = await clickhouse.query({
    sql: `${ctes}
select trace_id, toUnixTimestamp64Milli(started) as started_ms
from trace_set
${after ? 'where (toUnixTimestamp64Nano(started), trace_id) < ({after_ns:Int64}, {after_id:String})' : ''}
order by started desc, trace_id desc
limit {limit:UInt32}`,
    params: { ...params, limit, ...(after && { after_ns: String(after.startedNs), after_id: after.traceId }) },
    row: z.object({ trace_id: z.string(), started_ms: count }),
    signal,
  })
  if (found.length === 0) return []
  return readTraces(
    clickhouse,
    {
      projectId: set.projectId,
      from: new Date(found.at(-1)!.started_ms),
      to: new Date(found[0]!.started_ms + 1),
      ids: found.map(row => row.trace_id),
    },
    signal,
  )
}

function readTraces(clickhouse: ClickHouse, set: TraceSet, signal?: AbortSignal): Promise<TraceSummary[]> {
  const { ctes, params } = traceSet(set, summaryColumns)
  return clickhouse.query({
    sql: `${ctes}\nselect ${summaryColumns}\nfrom trace_set\norder by started desc, trace_id desc`,
    params,
    row: traceRow,
    signal,
  })
}

function readCursor(cursor: TraceCursor | null | undefined): After | undefined {
  const [, startedNs, traceId] = /^(\d{1,19})\.([0-9a-f]{1,64})$/.exec(cursor ?? '') ?? []
  return startedNs && traceId ? { startedNs: BigInt(startedNs), traceId } : undefined
}

/** One trace by its id, whenever it was, or null when the project has none such. */
export async function findTrace(
  clickhouse: ClickHouse,
  { projectId, traceId }: { projectId: string; traceId: string },
): Promise<TraceSummary | null> {
  // An index on the ids finds the few granules that may hold it, so all of time can be asked for.
  const [trace] = await readTraces(clickhouse, { projectId, from: new Date(0), to: endOfTime, ids: [traceId] })
  return trace ?? null
}

const endOfTime = new Date('2100-01-01T00:00:00Z')

const facetKeys = [
  'workflow',
  'version',
  'model',
  'tool',
  'variant',
  'user',
  'environment',
  'release',
  'service',
  'tag',
  'name',
] as const
export type FacetKey = (typeof facetKeys)[number]
export type TraceFacets = Record<FacetKey, { value: string; traces: number }[]>

const facets = `arrayConcat(
  [('workflow', workflow), ('version', workflow_version), ('user', user_id), ('environment', environment),
    ('release', release), ('service', service), ('name', root_name)],
  arrayMap(each -> ('model', each), models),
  arrayMap(each -> ('tool', each), tools),
  arrayMap(each -> ('variant', each), feature_flags),
  arrayMap(each -> ('tag', each), tags))`

/** The values that filters can take in the window, by number of traces, at most `limit` a key. */
export async function traceFacets(clickhouse: ClickHouse, set: TraceSet, limit = 30): Promise<TraceFacets> {
  const { ctes, params } = traceSet(set, facets)
  const rows = await clickhouse.query({
    sql: `${ctes}
select facet.1 as key, facet.2 as value, count() as traces
from (select arrayJoin(${facets}) as facet from trace_set)
where value != ''
group by key, value
order by traces desc, value
limit {limit:UInt32} by key`,
    params: { ...params, limit },
    row: z.object({ key: z.enum(facetKeys), value: z.string(), traces: count }),
  })
  const of = (key: FacetKey) => rows.filter(row => row.key === key).map(({ value, traces }) => ({ value, traces }))
  return Object.fromEntries(facetKeys.map(key => [key, of(key)])) as TraceFacets
}
