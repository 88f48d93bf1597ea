import { z } from 'zod'
import type { ClickHouse } from '../../db/clickhouse.ts'

const row = z.object({
  id: z.string(),
  parent: z.string(),
  name: z.string(),
  kind: z.string(),
  status: z.string(),
  message: z.string(),
  serving: z.string(),
  inputTokens: z.number(),
  outputTokens: z.number(),
  ttftMs: z.number(),
  model: z.string(),
  modelRequested: z.string(),
  provider: z.string(),
  toolName: z.string(),
  toolOutcome: z.string(),
  toolArguments: z.string(),
  toolResult: z.string(),
  input: z.string(),
  output: z.string(),
  sessionId: z.string(),
  userId: z.string(),
  runId: z.string(),
  workflow: z.string(),
  flags: z.record(z.string(), z.string()),
  attributes: z.record(z.string(), z.string()),
  links: z.string(),
})
export type RunSpan = z.infer<typeof row>

/** A trace's spans as ingest stored them, in the order they began. */
export function spansOf(clickhouse: ClickHouse, projectId: string, traceId: string): Promise<RunSpan[]> {
  return clickhouse.query({
    sql: `
      select
        span_id as id, parent_span_id as parent, name, kind, status, status_message as message, serving,
        input_tokens as inputTokens, output_tokens as outputTokens, ttft_ms as ttftMs,
        model, model_requested as modelRequested, provider,
        tool_name as toolName, tool_outcome as toolOutcome, tool_arguments as toolArguments, tool_result as toolResult,
        input, output, session_id as sessionId, user_id as userId, run_id as runId, workflow,
        feature_flags as flags, attributes, links
      from spans final
      where project_id = {projectId:String} and trace_id = {traceId:String}
      order by start_time, end_time desc`,
    params: { projectId, traceId },
    row,
  })
}

/** Each span's name below its parent's, indented: the tree as people see it. */
export function treeOf(spans: RunSpan[], parent = '', indent = ''): string[] {
  return spans
    .filter(span => span.parent === parent)
    .flatMap(span => [indent + span.name, ...treeOf(spans, span.id, `${indent}  `)])
}
