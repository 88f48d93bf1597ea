import { z } from 'zod'
import type { ClickHouse } from './clickhouse.ts'

const count = z.coerce.number()
const usageRow = z.object({
  provider: z.string(),
  model: z.string(),
  calls: count,
  unknown: count,
  given: count,
  inputTokens: count,
  outputTokens: count,
  costNanoUsd: count,
  lastAtMs: count,
})
export type ModelUsage = z.infer<typeof usageRow>

const mostModels = 300

/** Models that a project called in a window: those with calls of unknown cost first, then by calls. */
export function listModelUsage(
  clickhouse: Pick<ClickHouse, 'query'>,
  { projectId, from, to }: { projectId: string; from: Date; to: Date },
): Promise<ModelUsage[]> {
  return clickhouse.query({
    sql: `
      select
        provider,
        if(spans.model = '', model_requested, spans.model) as model,
        count() as calls,
        countIf(cost_source = 'unknown') as unknown,
        countIf(cost_source = 'given') as given,
        sum(input_tokens) as inputTokens,
        sum(output_tokens) as outputTokens,
        sum(cost_nano_usd) as costNanoUsd,
        toUnixTimestamp64Milli(toDateTime64(max(start_time), 3)) as lastAtMs
      from spans
      where project_id = {projectId:String}
        and start_time >= fromUnixTimestamp64Milli({from:Int64}, 'UTC')
        and start_time < fromUnixTimestamp64Milli({to:Int64}, 'UTC')
        and kind in ('llm', 'embedding')
        and (input_tokens > 0 or output_tokens > 0)
      group by provider, model
      order by unknown > 0 desc, calls desc
      limit ${mostModels}`,
    params: { projectId, from: from.getTime(), to: to.getTime() },
    row: usageRow,
  })
}
