import { z } from 'zod'
import type { ClickHouse } from './clickhouse.ts'
import { keySeparator, type MetricDimension, type MetricId, type MetricReading } from './domain/metrics.ts'
import { bucketStarts } from './domain/time.ts'
import { type MetricSql, metricSql, partsOf, readingColumns, toolMetricSql } from './metric-sql.ts'
import { toolSet } from './tool-set.ts'
import { type TraceSet, type TraceSetSql, traceSet } from './trace-set.ts'

type Readings = Record<MetricId, MetricReading>
export type MetricPoint = { /** Start of the bucket, epoch milliseconds. */ at: number; reading: MetricReading | null }

const dimensionSql: Record<MetricDimension, string> = {
  workflow: 'workflow',
  version: `concat(workflow, char(${keySeparator.charCodeAt(0)}), workflow_version)`,
  model: 'arrayJoin(models)',
  variant: 'arrayJoin(feature_flags)',
  environment: 'environment',
  release: 'release',
  tag: 'arrayJoin(tags)',
  tool: 'tool_name',
  serving: "if(serving = 'deterministic', 'deterministic', 'ai')",
}

type Source = TraceSetSql & { table: string; sqlOf: Record<MetricId, MetricSql> }

/** Where the rows come from: traces; a row a trace and tool; or traces of which only the tools asked for count. */
export function metricSource(
  set: TraceSet,
  ids: readonly MetricId[],
  by?: MetricDimension,
  /** SQL that names other columns which are read. */
  more = '',
): Source {
  if (by === 'tool') return { ...toolSet(set, { each: true }), table: 'tool_set', sqlOf: toolMetricSql }
  if (set.filters?.tool && ids.includes('tool_failure_rate'))
    return { ...toolSet(set, { each: false }), table: 'tool_set', sqlOf: metricSql }
  const naming = [
    JSON.stringify(ids.map(id => metricSql[id])),
    columns(ids, metricSql),
    by ? dimensionSql[by] : '',
    more,
  ]
  return { ...traceSet(set, naming.join(' ')), table: 'trace_set', sqlOf: metricSql }
}

const lists: { [by in MetricDimension]?: string } = { model: 'models', variant: 'feature_flags', tag: 'tags' }

/**
 * The value of a dimension that a row stands for. One with several values is repeated for each, or for those that the
 * set asks for: a filter can name the traces of a row only where the row is one of its values.
 */
export function dimensionColumn(by: MetricDimension, { filters }: Pick<TraceSet, 'filters'>): string {
  const list = lists[by]
  if (!list || !filters?.[by]) return dimensionSql[by]
  return `arrayJoin(arrayIntersect(${list}, {f_${by}:Array(String)}))`
}

/** Readings of several metrics over one set of traces, in one query. */
export async function readMetrics<Id extends MetricId>(
  clickhouse: ClickHouse,
  set: TraceSet,
  ids: readonly Id[],
): Promise<Pick<Readings, Id>> {
  const { ctes, params, table, sqlOf } = metricSource(set, ids)
  const rows = await clickhouse.query({
    sql: `${ctes}\nselect\n${columns(ids, sqlOf)}\nfrom ${table}`,
    params,
    row: readingsRow(ids),
  })
  return readings(rows[0]!, ids)
}

export async function readMetric(clickhouse: ClickHouse, set: TraceSet, id: MetricId): Promise<MetricReading> {
  return (await readMetrics(clickhouse, set, [id]))[id]
}

/**
 * Readings over time by buckets of so many seconds; a bucket without traces has the reading null. By tool, they are of
 * the calls of the tools that the set's filter names.
 */
export async function metricSeries<Id extends MetricId>(
  clickhouse: ClickHouse,
  set: TraceSet,
  ids: readonly Id[],
  bucketSeconds: number,
  by?: 'tool',
): Promise<Record<Id, MetricPoint[]>> {
  const { ctes, params, table, sqlOf } = metricSource(set, ids, by)
  const rows = await clickhouse.query({
    sql: `${ctes}
select
  ${bucketSql} as bucket_ms,
${columns(ids, sqlOf)}
from ${table}
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
 * Readings for each value of a dimension, most traces first; traces without the fact stand under ''. By tool, failures
 * and latency are those of the one tool's own calls, and the other metrics those of the traces that called it.
 */
export async function metricBreakdown<Id extends MetricId>(
  clickhouse: ClickHouse,
  set: TraceSet,
  ids: readonly Id[],
  by: MetricDimension,
  limit = 50,
): Promise<MetricRow<Id>[]> {
  const { ctes, params, table, sqlOf } = metricSource(set, ids, by)
  const rows = await clickhouse.query({
    sql: `${ctes}
select
  ${dimensionColumn(by, set)} as dimension,
  count() as trace_count,
${columns(ids, sqlOf)}
from ${table}
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

/** One value of a dimension: how many traces have it, and the readings of those. */
export type MetricRow<Id extends MetricId> = { key: string; traces: number; readings: Pick<Readings, Id> }

/** Start of the bucket a trace began in, epoch milliseconds; `{bucket}` is its length in seconds. */
export const bucketSql = 'intDiv(toUnixTimestamp64Milli(started), {bucket:UInt32} * 1000) * {bucket:UInt32} * 1000'

const columns = (ids: readonly MetricId[], sqlOf: Record<MetricId, MetricSql>) =>
  ids.flatMap(id => readingColumns(id, sqlOf[id]).map(column => `  ${column}`)).join(',\n')

// ClickHouse answers nan, as JSON null, for a quantile of nothing.
const number = z.union([z.null(), z.coerce.number()])

function readingsRow(ids: readonly MetricId[]) {
  const names = ids.flatMap(id => ['numerator', 'denominator', 'users', ...partNames(id)].map(name => `${id}_${name}`))
  return z.object(Object.fromEntries(names.map(name => [name, number])) as Record<string, z.ZodType>)
}

const partNames = (id: MetricId) => partsOf(metricSql[id].parts).map(([part]) => part)

function readings<Id extends MetricId>(row: Record<string, unknown>, ids: readonly Id[]): Pick<Readings, Id> {
  return Object.fromEntries(ids.map(id => [id, reading(row as Record<string, number | null>, id)])) as Pick<
    Readings,
    Id
  >
}

function reading(row: Record<string, number | null>, id: MetricId): MetricReading {
  const numerator = row[`${id}_numerator`] ?? 0
  const denominator = row[`${id}_denominator`] ?? 0
  const parts = Object.fromEntries(partNames(id).map(part => [part, denominator === 0 ? null : row[`${id}_${part}`]]))
  // All calls without a known price: the cost is not known, which is not the same as nothing.
  const unknown = id === 'cost_per_session' && numerator === 0 && (row[`${id}_unknown`] ?? 0) > 0
  const value = denominator === 0 || unknown ? null : numerator / denominator
  return { value, numerator, denominator, users: row[`${id}_users`] ?? 0, parts }
}
