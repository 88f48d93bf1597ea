import type { Figures } from './monitor.ts'
import { tryForMs } from './outbox.ts'
import type { Postgres } from './postgres.ts'

type Sql = Pick<Postgres, 'sql'>
type Count = { key: string; n: number }

/** Runs of all projects that have not ended, by status. */
export async function openRuns({ sql }: Sql): Promise<Figures> {
  const rows = await sql<Count[]>`
    select status as key, count(*)::int as n
    from runs
    where status in ('queued', 'running', 'interrupted')
    group by status`
  return figures('status', ['queued', 'running', 'interrupted'], rows)
}

/** Open incidents of all projects that stand for themselves, by severity. */
export async function openIncidents({ sql }: Sql): Promise<Figures> {
  const rows = await sql<Count[]>`
    select severity as key, count(*)::int as n
    from incidents
    where ended_at is null and parent_id is null
    group by severity`
  return figures('severity', ['warning', 'page'], rows)
}

/**
 * Messages to people and webhooks that may go and have not got through: how many, and for how many seconds the oldest has
 * been tried. A failed try moves the moment of the next one, so the age is told by when it is given up.
 */
export async function waitingMessages({ sql }: Sql): Promise<{ count: number; oldestSeconds: number }> {
  const [row] = await sql<{ count: number; oldestSeconds: number }[]>`
    select count(*)::int as count, coalesce(extract(epoch from max(age)), 0)::float8 as "oldestSeconds"
    from (select now() - expires_at + make_interval(secs => ${tryForMs / 1000}) as age from outbox where done_at is null) as waiting
    where age >= interval '0'`
  return row ?? { count: 0, oldestSeconds: 0 }
}

/** Each of the keys, with 0 where no row tells of it. */
const figures = (label: string, keys: readonly string[], rows: readonly Count[]): Figures =>
  keys.map(key => [{ [label]: key }, rows.find(row => row.key === key)?.n ?? 0])
