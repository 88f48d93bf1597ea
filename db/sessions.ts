import type { ClickHouse } from './clickhouse.ts'
import { dayMs } from './domain/time.ts'
import { listTraces, type TraceSummary } from './traces.ts'

/** The traces of a session around an instant, oldest first: what the person did before and after. */
export async function sessionTraces(
  clickhouse: ClickHouse,
  {
    projectId,
    sessionId,
    aroundMs,
    days = 7,
    limit = 100,
  }: {
    projectId: string
    sessionId: string
    aroundMs: number
    days?: number
    limit?: number
  },
): Promise<TraceSummary[]> {
  const set = {
    projectId,
    from: new Date(aroundMs - days * dayMs),
    to: new Date(aroundMs + days * dayMs),
    filters: { session: [sessionId] },
  }
  const { traces } = await listTraces(clickhouse, set, { limit })
  return traces.toReversed()
}
