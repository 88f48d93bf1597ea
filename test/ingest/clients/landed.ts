import { z } from 'zod'
import type { Sender } from '../server.ts'

const whole = z.coerce.number()
/** JSON where it is JSON, else the text. */
const parsed = z.string().transform((text): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
})
const row = z.object({
  trace_id: z.string(),
  span_id: z.string(),
  parent_span_id: z.string(),
  name: z.string(),
  kind: z.string(),
  status: z.string(),
  status_message: z.string(),
  service: z.string(),
  environment: z.string(),
  scope_name: z.string(),
  mapped_by: z.string(),
  session_id: z.string(),
  user_id: z.string(),
  provider: z.string(),
  model_requested: z.string(),
  model: z.string(),
  params: parsed,
  input: parsed,
  output: parsed,
  input_tokens: whole,
  output_tokens: whole,
  cost_nano_usd: whole,
  cost_source: z.string(),
  ttft_ms: whole,
  finish_reasons: z.array(z.string()),
  tool_name: z.string(),
  tool_call_id: z.string(),
  tool_arguments: parsed,
  tool_result: parsed,
  tool_outcome: z.string(),
  attributes: z.record(z.string(), parsed),
})
export type Landed = z.infer<typeof row>

/** The spans that are stored for a sender, in the order in which they started; they must be of one trace. */
export async function landedSpans(sender: Sender): Promise<Landed[]> {
  const columns = Object.keys(row.shape).join(', ')
  // LangChain tells milliseconds: of two siblings that began within one, the first is the one that ended first.
  const order = "start_time, parent_span_id != '', end_time"
  const sql = `select ${columns} from spans where project_id = {project:String} order by ${order}`
  const spans = await sender.query(sql, row)
  const traces = new Set(spans.map(({ trace_id }) => trace_id))
  if (traces.size !== 1) throw new Error(`${spans.length} spans in ${traces.size} traces have landed`)
  return spans
}

/** The trace as people read it: a line a span, `name: kind`, children indented below their parent. */
export function outline(spans: Landed[], parent = '', depth = 0): string[] {
  return spans
    .filter(({ parent_span_id }) => parent_span_id === parent)
    .flatMap(({ name, kind, span_id }) => [
      `${'  '.repeat(depth)}${name}: ${kind}`,
      ...outline(spans, span_id, depth + 1),
    ])
}

/** The price list's word on gpt-4o-2024-11-20, in billionths of a dollar. */
export const costOfTokens = (input: number, output: number) => input * 2_500 + output * 10_000
