import { z } from 'zod'
import type { ClickHouse } from './clickhouse.ts'
import { duration, usd } from './domain/format.ts'
import type { WorstTrace } from './domain/incident.ts'
import type { MetricId } from './domain/metrics.ts'
import { type TraceSet, traceSet } from './trace-set.ts'

type Worst = { where: string; order: string }

/** Which traces of a set are the worst by each metric. */
const worst: Record<MetricId, Worst> = {
  negative_feedback_rate: { where: 'negative > 0', order: 'negative desc, comments desc' },
  task_completion_rate: { where: 'ended and not completed', order: "status = 'error' desc" },
  tool_failure_rate: { where: 'tool_failed + tool_empty > 0', order: 'tool_failed + tool_empty desc' },
  latency: { where: 'has_root', order: 'latency_ms desc' },
  ttft: { where: 'ttft_ms > 0', order: 'ttft_ms desc' },
  cost_per_session: { where: 'cost_usd > 0', order: 'cost_usd desc' },
  action_rate: { where: 'actions = 0', order: "status = 'error' desc" },
  error_rate: { where: "status = 'error'", order: 'error_count desc' },
  feedback_response_rate: { where: 'negative + positive = 0', order: 'span_count desc' },
}

/** The worst traces of a set by a metric, each with why, newest first among equals. */
export async function worstTraces(
  clickhouse: ClickHouse,
  set: TraceSet,
  metric: MetricId,
  limit = 5,
): Promise<WorstTrace[]> {
  const { where, order } = worst[metric]
  const select = `
select
  trace_id, toUnixTimestamp64Milli(started) as at, root_name, substringUTF8(root_input, 1, 120) as asked,
  latency_ms, ttft_ms, cost_usd, tool_failed, tool_empty, status
from trace_set
where ${where}
order by ${order}, started desc
limit {limit:UInt32}`
  const { ctes, params } = traceSet(set, select)
  const rows = await clickhouse.query({
    sql: ctes + select,
    params: { ...params, limit },
    row: found,
  })
  return rows.map(row => ({
    traceId: row.trace_id,
    at: new Date(row.at).toISOString(),
    why: `${whyOf(row, metric)}${row.asked ? `: ${oneLine(row.asked)}` : ''}`,
  }))
}

const number = z.coerce.number()
const found = z.object({
  trace_id: z.string(),
  at: number,
  root_name: z.string(),
  asked: z.string(),
  ...{ latency_ms: number, ttft_ms: number, cost_usd: number, tool_failed: number, tool_empty: number },
  status: z.string(),
})

function whyOf(row: z.output<typeof found>, metric: MetricId): string {
  if (metric === 'latency') return duration(row.latency_ms)
  if (metric === 'ttft') return `first token after ${duration(row.ttft_ms)}`
  if (metric === 'cost_per_session') return usd(row.cost_usd)
  if (metric === 'tool_failure_rate')
    return [row.tool_failed > 0 && `${row.tool_failed} failed`, row.tool_empty > 0 && `${row.tool_empty} empty`]
      .filter(Boolean)
      .join(', ')
  if (metric === 'negative_feedback_rate') return 'negative feedback'
  return row.status
}

/** What a trace was asked may be JSON over many lines. */
const oneLine = (text: string) => text.replace(/\s+/g, ' ').trim()
