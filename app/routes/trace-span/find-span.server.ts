import type { ClickHouse } from '../../../db/clickhouse.ts'
import { getSpan } from '../../../db/trace-spans.ts'
import { findTrace } from '../../../db/traces.ts'
import { windowOf } from '../trace/trace.server.ts'

type Args = { request: Request; params: { traceId?: string; spanId?: string } }

/** The span of a URL, whole. `from` and `to` (epoch ms) in it spare finding the trace again. */
export async function findSpan(clickhouse: ClickHouse, projectId: string, { request, params }: Args) {
  const { traceId = '', spanId = '' } = params
  const asked = new URL(request.url).searchParams
  const [fromMs, toMs] = [Number(asked.get('from')), Number(asked.get('to'))]
  const known = fromMs > 0 && toMs >= fromMs ? { projectId, traceId, fromMs, toMs } : undefined
  const trace = known ? null : await findTrace(clickhouse, { projectId, traceId })
  const window = known ?? (trace && windowOf(projectId, trace))
  return window ? getSpan(clickhouse, { ...window, spanId }) : null
}
