import { sql } from 'drizzle-orm'
import type { Postgres } from './postgres.ts'

/**
 * Runs `work` if no other process is at it, by a Postgres advisory lock that falls with the connection; answers whether
 * it ran.
 */
export async function alone(postgres: Pick<Postgres, 'orm'>, key: string, work: () => Promise<void>): Promise<boolean> {
  return postgres.orm.transaction(async tx => {
    const [row] = await tx.execute<{ mine: boolean }>(sql`select pg_try_advisory_xact_lock(hashtext(${key})) as mine`)
    if (row?.mine) await work()
    return Boolean(row?.mine)
  })
}
