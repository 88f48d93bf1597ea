import type { ClickHouse } from './clickhouse.ts'
import { type InboxState, inboxShows } from './domain/inbox.ts'
import { dayMs } from './domain/time.ts'
import { type NegativeTrace, newestNegative } from './feedback.ts'
import type { Postgres } from './postgres.ts'
import type { TraceSet } from './trace-set.ts'

/** `done` says who dealt with it and when (epoch ms); null while it is open. */
export type InboxItem = NegativeTrace & { done: { atMs: number; by: string } | null }

type Stores = { clickhouse: ClickHouse; postgres: Pick<Postgres, 'sql'> }

/** How many traces of a window are looked at: what is older than these is not shown. */
const mostRead = 1_000

/**
 * Traces of the set with negative feedback, the newest feedback first, by whether somebody has dealt with them. Feedback
 * that came after that opens them again.
 */
export async function readInbox(
  { clickhouse, postgres }: Stores,
  set: TraceSet,
  state: InboxState,
): Promise<InboxItem[]> {
  const traces = await newestNegative(clickhouse, set, mostRead)
  const done = await readDone(
    postgres,
    set.projectId,
    traces.map(({ traceId }) => traceId),
  )
  const items = traces.map(trace => {
    const mark = done.get(trace.traceId)
    return { ...trace, done: mark && mark.atMs >= trace.saidMs ? mark : null }
  })
  return items.filter(({ done }) => state === 'all' || (done !== null) === (state === 'done')).slice(0, inboxShows)
}

/** Open items of the last 7 days. */
export async function countOpen(stores: Stores, projectId: string, now: Date): Promise<number> {
  const set = { projectId, from: new Date(now.getTime() - 7 * dayMs), to: now }
  return (await readInbox(stores, set, 'open')).length
}

/** Says that traces were dealt with now; what is said about them later opens them again. */
export async function markDone(
  { sql }: Pick<Postgres, 'sql'>,
  { projectId, traceIds, userId }: { projectId: string; traceIds: string[]; userId: string },
): Promise<void> {
  if (traceIds.length === 0) return
  await sql`
    insert into inbox_done (project_id, trace_id, done_by)
    select ${projectId}, trace_id, ${userId} from unnest(${traceIds}::text[]) as trace_id
    on conflict (project_id, trace_id) do update set done_at = now(), done_by = excluded.done_by`
}

export async function reopen(
  { sql }: Pick<Postgres, 'sql'>,
  { projectId, traceIds }: { projectId: string; traceIds: string[] },
): Promise<void> {
  await sql`delete from inbox_done where project_id = ${projectId} and trace_id = any(${traceIds}::text[])`
}

async function readDone({ sql }: Pick<Postgres, 'sql'>, projectId: string, traceIds: string[]) {
  const rows = await sql<{ traceId: string; at: Date; by: string | null }[]>`
    select trace_id as "traceId", done_at as at, users.name as by
    from inbox_done
    left join users on users.id = done_by
    where project_id = ${projectId}
      and trace_id = any(${traceIds}::text[])`
  return new Map(rows.map(({ traceId, at, by }) => [traceId, { atMs: at.getTime(), by: by ?? 'somebody' }]))
}
