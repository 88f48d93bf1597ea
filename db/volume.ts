import { z } from 'zod'
import type { ClickHouse } from './clickhouse.ts'
import { bucketStarts } from './domain/time.ts'
import { bucketSql } from './metrics.ts'
import { type TraceSet, traceSet } from './trace-set.ts'

const count = z.coerce.number()

const sums = {
  traces: count,
  ok: count,
  error: count,
  interrupted: count,
  running: count,
  input_tokens: count,
  output_tokens: count,
  cost_usd: count,
  unknown_cost: count,
}

const sumColumns = `
  count() as traces,
  countIf(status = 'ok') as ok,
  countIf(status = 'error') as error,
  countIf(status = 'interrupted') as interrupted,
  countIf(status in ('running', 'incomplete')) as running,
  sum(trace_set.input_tokens) as input_tokens,
  sum(trace_set.output_tokens) as output_tokens,
  sum(trace_set.cost_usd) as cost_usd,
  countIf(cost_unknown + usage_unknown > 0) as unknown_cost`

/** What happened in one bucket; `running` are those whose root has not come, `unknownCost` those not fully priced. */
export type VolumePoint = {
  /** Start of the bucket, epoch milliseconds. */
  at: number
  traces: number
  ok: number
  error: number
  interrupted: number
  running: number
  inputTokens: number
  outputTokens: number
  costUsd: number
  unknownCost: number
}

/** Traces by status, tokens and cost over time; an empty bucket counts 0 traces. */
export async function volumeSeries(
  clickhouse: ClickHouse,
  set: TraceSet,
  bucketSeconds: number,
): Promise<VolumePoint[]> {
  const { ctes, params } = traceSet(set, sumColumns)
  const rows = await clickhouse.query({
    sql: `${ctes}
select ${bucketSql} as bucket_ms, ${sumColumns}
from trace_set
group by bucket_ms`,
    params: { ...params, bucket: bucketSeconds },
    row: z.object({ bucket_ms: count, ...sums }),
  })
  const byBucket = new Map(rows.map(row => [row.bucket_ms, row]))
  return bucketStarts(set, bucketSeconds).map(at => {
    const row = byBucket.get(at)
    return {
      at,
      traces: row?.traces ?? 0,
      ok: row?.ok ?? 0,
      error: row?.error ?? 0,
      interrupted: row?.interrupted ?? 0,
      running: row?.running ?? 0,
      inputTokens: row?.input_tokens ?? 0,
      outputTokens: row?.output_tokens ?? 0,
      costUsd: row?.cost_usd ?? 0,
      unknownCost: row?.unknown_cost ?? 0,
    }
  })
}

const totalColumns = `${sumColumns},
  uniqExactIf(run_id, run_id != '') as runs,
  uniqExactIf(user_id, user_id != '') as users,
  uniqExactIf(session_id, session_id != '') as sessions,
  countIf(serving != 'deterministic') as ai,
  countIf(serving = 'deterministic') as deterministic`

const totalsRow = z
  .object({ ...sums, runs: count, users: count, sessions: count, ai: count, deterministic: count })
  .transform(({ input_tokens, output_tokens, cost_usd, unknown_cost, ...row }) => ({
    ...row,
    inputTokens: input_tokens,
    outputTokens: output_tokens,
    costUsd: cost_usd,
    unknownCost: unknown_cost,
  }))
export type Totals = z.output<typeof totalsRow>

/** Sums over a whole set; users and sessions are distinct and exact. */
export async function readTotals(clickhouse: ClickHouse, set: TraceSet): Promise<Totals> {
  const { ctes, params } = traceSet(set, totalColumns)
  const [totals] = await clickhouse.query({
    sql: `${ctes}\nselect ${totalColumns}\nfrom trace_set`,
    params,
    row: totalsRow,
  })
  return totals!
}

/** Whether the project ever received a span: tells an empty window from an empty store. */
export async function hasTraces(clickhouse: ClickHouse, projectId: string): Promise<boolean> {
  const rows = await clickhouse.query({
    sql: 'select 1 as found\nfrom traces\nwhere project_id = {project:String}\n  and span_count > 0\nlimit 1',
    params: { project: projectId },
    row: z.object({ found: count }),
  })
  return rows.length > 0
}
