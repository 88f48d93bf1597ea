import { randomUUID } from 'node:crypto'
import type { Logger } from './log.ts'
import type { Postgres } from './postgres.ts'

export type Companions = {
  /** Until when another process may have been at work, epoch milliseconds: now, while one is; 0 when none was. */
  lastAtWorkMs(): number
  stop(): Promise<void>
}

const beatMs = 2_000
/** A process may work so long after its last beat: the next one was due. */
const graceMs = beatMs + 500
const forgottenAfter = '1 day'

/**
 * Tells the other processes that do the same work that this one does, and learns of them, by marks in Postgres that each
 * renews every two seconds. Those that stopped before `sinceMs` do not count. While Postgres does not answer, others may
 * be at work.
 */
export async function openCompanions(
  { sql }: Pick<Postgres, 'sql'>,
  { work, sinceMs, log }: { work: string; sinceMs: number; log: Logger },
): Promise<Companions> {
  const prefix = `${work}, process `
  const name = prefix + randomUUID()
  let otherMs = 0
  let beatAtMs = 0
  let isStopped = false

  async function beat() {
    const now = Date.now()
    await sql`
      insert into marks (name, at) values (${name}, clock_timestamp())
      on conflict (name) do update set at = excluded.at`
    const [row] = await sql<{ age: number | null }[]>`
      select extract(epoch from clock_timestamp() - max(at))::float8 * 1000 as age
      from marks
      where starts_with(name, ${prefix}) and name != ${name}`
    beatAtMs = now
    if (row?.age == null) return
    const until = now - row.age + graceMs
    if (until > sinceMs) otherMs = Math.max(otherMs, Math.min(until, now))
  }

  async function beats() {
    await beat().catch(error => log.debug('cannot look for other processes', { error }))
    if (!isStopped) timer = setTimeout(next, beatMs).unref()
  }
  const next = () => {
    running = beats()
  }
  let timer: NodeJS.Timeout | undefined
  await sql`delete from marks where starts_with(name, ${prefix}) and at < now() - ${forgottenAfter}::interval`
  let running = beats()
  await running
  return {
    lastAtWorkMs: () => (Date.now() - beatAtMs > 3 * beatMs ? Date.now() : otherMs),
    async stop() {
      isStopped = true
      clearTimeout(timer)
      await running
      await sql`delete from marks where name = ${name}`.catch(() => {})
    },
  }
}
