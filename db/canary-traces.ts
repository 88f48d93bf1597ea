import { z } from 'zod'
import type { CanaryData } from './canary-sums.ts'
import type { ClickHouse } from './clickhouse.ts'
import type { MetricId } from './domain/metrics.ts'
import { type MetricPoint, metricSeries } from './metrics.ts'
import { type TraceSet, traceSet } from './trace-set.ts'
import { listTraces, type TraceSummary } from './traces.ts'

type Arm = 'canary' | 'control'
type Window = Pick<CanaryData, 'projectId' | 'flag'> & { from: Date; to: Date }

/** The traces that stand behind an arm's figures. */
export const armSet = ({ projectId, flag, from, to }: Window, arm: Arm): TraceSet => ({
  projectId,
  from,
  to,
  filters: { variant: [`${flag}=${arm}`], serving: ['ai'] },
})

/** Readings of both arms over time. */
export async function armSeries<Id extends MetricId>(
  clickhouse: ClickHouse,
  window: Window,
  ids: readonly Id[],
  bucketSeconds: number,
): Promise<Record<Arm, Record<Id, MetricPoint[]>>> {
  const [canary, control] = await Promise.all([
    metricSeries(clickhouse, armSet(window, 'canary'), ids, bucketSeconds),
    metricSeries(clickhouse, armSet(window, 'control'), ids, bucketSeconds),
  ])
  return { canary, control }
}

/** The newest traces of the canary that went wrong: disliked, failed, not completed, or with a tool that failed. */
export async function failingTraces(clickhouse: ClickHouse, window: Window, limit = 10): Promise<TraceSummary[]> {
  const set = armSet(window, 'canary')
  const select = `select trace_id
from trace_set
where negative > 0 or status = 'error' or (ended and not completed) or tool_failed > 0
order by (negative > 0) + (status = 'error') desc, started desc, trace_id
limit {limit:UInt32}`
  const { ctes, params } = traceSet(set, select)
  const rows = await clickhouse.query({
    sql: `${ctes}
${select}`,
    params: { ...params, limit },
    row: z.object({ trace_id: z.string() }),
  })
  if (rows.length === 0) return []
  const { projectId, from, to } = set
  const ids = rows.map(row => row.trace_id)
  return (await listTraces(clickhouse, { projectId, from, to, ids }, { limit })).traces
}
