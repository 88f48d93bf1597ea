import { z } from 'zod'
import type { ClickHouse } from './clickhouse.ts'
import { parseRunEvent, type RunEvent } from './domain/run.ts'
import type { RunRef } from './events.ts'

/** Copies events to ClickHouse; writing the same ones again replaces them. */
export async function writeArchive(clickhouse: ClickHouse, { projectId, runId }: RunRef, events: RunEvent[]) {
  const rows = events.map(event => ({
    project_id: projectId,
    run_id: runId,
    seq: event.seq,
    at: event.at.replace('T', ' ').replace('Z', ''),
    type: event.type,
    event: JSON.stringify(event),
  }))
  await clickhouse.insertRows({ table: 'run_events', rows })
}

/** Archived events after a seq. No time window: a run is found by the table's own order. */
export async function readArchive(
  clickhouse: ClickHouse,
  { projectId, runId }: RunRef,
  afterSeq: number,
  limit: number,
  order: 'asc' | 'desc' = 'asc',
): Promise<RunEvent[]> {
  const rows = await clickhouse.query({
    sql: `
      select event
      from run_events
      where project_id = {projectId:String} and run_id = {runId:String} and seq > {afterSeq:UInt32}
      order by seq ${order}
      limit 1 by seq
      limit {limit:UInt32}`,
    params: { projectId, runId, afterSeq, limit },
    row: z.object({ event: z.string() }),
  })
  return rows.flatMap(({ event }) => parseRunEvent(JSON.parse(event)) ?? [])
}
