import { z } from 'zod'
import type { ClickHouse } from './clickhouse.ts'
import { type TraceSet, traceSet } from './trace-set.ts'

const row = z
  .object({
    trace_id: z.string(),
    said_ms: z.coerce.number(),
    kind: z.string(),
    comment: z.string(),
    signals: z.coerce.number(),
    user_id: z.string(),
    workflow: z.string(),
    workflow_version: z.string(),
    root_name: z.string(),
    root_input: z.string(),
    root_output: z.string(),
    tool_failed: z.coerce.number(),
    tool_empty: z.coerce.number(),
    status: z.string(),
  })
  .transform(said => ({
    traceId: said.trace_id,
    saidMs: said.said_ms,
    /** Kind of the newest negative signal. */
    kind: said.kind,
    /** The newest words that came with any signal of the trace, or ''. */
    comment: said.comment,
    signals: said.signals,
    userId: said.user_id,
    workflow: said.workflow,
    workflowVersion: said.workflow_version,
    name: said.root_name,
    input: said.root_input,
    output: said.root_output,
    toolsFailed: said.tool_failed,
    toolsEmpty: said.tool_empty,
    status: said.status,
  }))

/** A trace with negative feedback, and what was said. */
export type NegativeTrace = z.output<typeof row>

const select = `said as (
  select
    trace_id,
    toUnixTimestamp64Milli(maxIf(signals.at, polarity < 0)) as said_ms,
    argMaxIf(signals.kind, signals.at, polarity < 0) as kind,
    argMaxIf(signals.comment, signals.at, signals.comment != '') as comment,
    countIf(polarity < 0) as signals
  from signals final
  where project_id = {project:String}
    and at >= fromUnixTimestamp64Milli({from_ms:Int64}, 'UTC') - interval 1 day
  group by trace_id
  having signals > 0
)
select
  trace_id, said_ms, kind, comment, signals, user_id, workflow, workflow_version, root_name, root_input, root_output,
  tool_failed, tool_empty, status
from trace_set
inner join said using (trace_id)
order by said_ms desc, trace_id
limit {limit:UInt32}`

/** Traces of the set with negative feedback, the newest feedback first. */
export function newestNegative(clickhouse: ClickHouse, set: TraceSet, limit = 8): Promise<NegativeTrace[]> {
  const { ctes, params } = traceSet(set, select)
  return clickhouse.query({
    sql: `${ctes},
${select}`,
    params: { ...params, limit },
    row,
  })
}
