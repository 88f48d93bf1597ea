import { z } from 'zod'
import type { ClickHouse } from './clickhouse.ts'
import type { MetricDimension, MetricId, MetricPart, MetricReading } from './domain/metrics.ts'
import { bucketStarts } from './domain/time.ts'
import { type TraceSet, traceSet } from './trace-set.ts'

type Readings = Record<MetricId, MetricReading>
export type MetricPoint = { /** Start of the bucket, epoch milliseconds. */ at: number; reading: MetricReading | null }

/** `of` picks the traces whose users count; all are aggregates or conditions over the rows of `trace_set`. */
type MetricSql = { numerator: string; denominator: string; of: string; parts?: { [part in MetricPart]?: string } }

const quantiles = (column: string, of: string) => ({
  p50: `quantileExactIf(0.5)(${column}, ${of})`,
  p95: `quantileExactIf(0.95)(${column}, ${of})`,
  p99: `quantileExactIf(0.99)(${column}, ${of})`,
})

const sqlOf: Record<MetricId, MetricSql> = {
  negative_feedback_rate: {
    numerator: 'countIf(negative > 0)',
    denominator: 'countIf(negative + positive > 0)',
    of: 'negative + positive > 0',
  },
  task_completion_rate: { numerator: 'countIf(ended and completed)', denominator: 'countIf(ended)', of: 'ended' },
  tool_failure_rate: {
    numerator: 'sum(tool_failed + tool_empty)',
    denominator: 'sum(tool_count)',
    of: 'tool_count > 0',
    parts: { failed: 'sum(tool_failed)', empty: 'sum(tool_empty)' },
  },
  latency: {
    numerator: 'sumIf(latency_ms, has_root)',
    denominator: 'countIf(has_root)',
    of: 'has_root',
    parts: quantiles('latency_ms', 'has_root'),
  },
  ttft: {
    numerator: 'sumIf(ttft_ms, ttft_ms >= 0)',
    denominator: 'countIf(ttft_ms >= 0)',
    of: 'ttft_ms >= 0',
    parts: quantiles('ttft_ms', 'ttft_ms >= 0'),
  },
  // Sessions are counted exactly: an approximate count made two equal arms differ by 4.8 %.
  cost_per_session: {
    numerator: 'sum(cost_usd)',
    denominator: 'uniqExact(session_key)',
    of: '1',
    parts: { unknown: 'countIf(cost_unknown > 0)', traces: 'count()' },
  },
  action_rate: { numerator: 'countIf(actions > 0)', denominator: 'count()', of: '1' },
  error_rate: { numerator: "countIf(status = 'error')", denominator: 'count()', of: '1' },
  feedback_response_rate: { numerator: 'countIf(negative + positive > 0)', denominator: 'count()', of: '1' },
}

const dimensionSql: Record<MetricDimension, string> = {
  workflow: 'workflow',
  version: "if(workflow_version = '', workflow, concat(workflow, ' v', workflow_version))",
  model: 'arrayJoin(models)',
  variant: 'arrayJoin(feature_flags)',
  environment: 'environment',
  release: 'release',
  tag: 'arrayJoin(tags)',
  tool: 'arrayJoin(tools)',
  serving: "if(serving = 'deterministic', 'deterministic', 'ai')",
}

/** Readings of several metrics over one set of traces, in one query. */
export async function readMetrics<Id extends MetricId>(
  clickhouse: ClickHouse,
  set: TraceSet,
  ids: readonly Id[],
): Promise<Pick<Readings, Id>> {
  const { ctes, params } = traceSet(set)
  const rows = await clickhouse.query({
    sql: `${ctes}\nselect\n${columns(ids)}\nfrom trace_set`,
    params,
    row: readingsRow(ids),
  })
  return readings(rows[0]!, ids)
}

export async function readMetric(clickhouse: ClickHouse, set: TraceSet, id: MetricId): Promise<MetricReading> {
  return (await readMetrics(clickhouse, set, [id]))[id]
}

/** Readings over time by buckets of so many seconds; a bucket without traces has the reading null. */
export async function metricSeries<Id extends MetricId>(
  clickhouse: ClickHouse,
  set: TraceSet,
  ids: readonly Id[],
  bucketSeconds: number,
): Promise<Record<Id, MetricPoint[]>> {
  const { ctes, params } = traceSet(set)
  const rows = await clickhouse.query({
    sql: `${ctes}
select
  ${bucketSql} as bucket_ms,
${columns(ids)}
from trace_set
group by bucket_ms`,
    params: { ...params, bucket: bucketSeconds },
    row: readingsRow(ids).extend({ bucket_ms: z.coerce.number() }),
  })
  const byBucket = new Map(rows.map(row => [row.bucket_ms as number, readings(row, ids)]))
  const starts = bucketStarts(set, bucketSeconds)
  const series = (id: Id) => starts.map(at => ({ at, reading: byBucket.get(at)?.[id] ?? null }))
  return Object.fromEntries(ids.map(id => [id, series(id)])) as Record<Id, MetricPoint[]>
}

/**
 * Readings for each value of a dimension, most traces first; traces without the fact stand under ''. By tool,
 * `tool_failure_rate` is that of all tools in the traces that called it, not the one tool's own.
 */
export async function metricBreakdown<Id extends MetricId>(
  clickhouse: ClickHouse,
  set: TraceSet,
  ids: readonly Id[],
  by: MetricDimension,
  limit = 50,
): Promise<{ key: string; traces: number; readings: Pick<Readings, Id> }[]> {
  const { ctes, params } = traceSet(set)
  const rows = await clickhouse.query({
    sql: `${ctes}
select
  ${dimensionSql[by]} as dimension,
  count() as trace_count,
${columns(ids)}
from trace_set
group by dimension
order by trace_count desc, dimension
limit {limit:UInt32}`,
    params: { ...params, limit },
    row: readingsRow(ids).extend({ dimension: z.string(), trace_count: z.coerce.number() }),
  })
  return rows.map(row => ({
    key: row.dimension as string,
    traces: row.trace_count as number,
    readings: readings(row, ids),
  }))
}

/** Start of the bucket a trace began in, epoch milliseconds; `{bucket}` is its length in seconds. */
export const bucketSql = 'intDiv(toUnixTimestamp64Milli(started), {bucket:UInt32} * 1000) * {bucket:UInt32} * 1000'

const partsOf = (id: MetricId) => Object.entries(sqlOf[id].parts ?? {}) as [MetricPart, string][]

function columns(ids: readonly MetricId[]): string {
  const of = (id: MetricId) => [
    `  ${sqlOf[id].numerator} as ${id}_numerator`,
    `  ${sqlOf[id].denominator} as ${id}_denominator`,
    `  uniqExactIf(user_id, user_id != '' and (${sqlOf[id].of})) as ${id}_users`,
    ...partsOf(id).map(([part, sql]) => `  ${sql} as ${id}_${part}`),
  ]
  return ids.flatMap(of).join(',\n')
}

// ClickHouse answers nan, as JSON null, for a quantile of nothing.
const number = z.union([z.null(), z.coerce.number()])

function readingsRow(ids: readonly MetricId[]) {
  const names = ids.flatMap(id =>
    ['numerator', 'denominator', 'users', ...partsOf(id).map(([part]) => part)].map(name => `${id}_${name}`),
  )
  return z.object(Object.fromEntries(names.map(name => [name, number])) as Record<string, z.ZodType>)
}

function readings<Id extends MetricId>(row: Record<string, unknown>, ids: readonly Id[]): Pick<Readings, Id> {
  return Object.fromEntries(ids.map(id => [id, reading(row as Record<string, number | null>, id)])) as Pick<
    Readings,
    Id
  >
}

function reading(row: Record<string, number | null>, id: MetricId): MetricReading {
  const numerator = row[`${id}_numerator`] ?? 0
  const denominator = row[`${id}_denominator`] ?? 0
  const parts = Object.fromEntries(partsOf(id).map(([part]) => [part, denominator === 0 ? null : row[`${id}_${part}`]]))
  // All calls without a known price: the cost is not known, which is not the same as nothing.
  const unknown = id === 'cost_per_session' && numerator === 0 && (row[`${id}_unknown`] ?? 0) > 0
  const value = denominator === 0 || unknown ? null : numerator / denominator
  return { value, numerator, denominator, users: row[`${id}_users`] ?? 0, parts }
}
