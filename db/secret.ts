import { randomBytes } from 'node:crypto'
import { z } from 'zod'
import type { Postgres } from './postgres.ts'

/**
 * The text that signs sessions and feedback tokens: DAVYLAMP_SECRET, else one made at the first start and kept in
 * Postgres, so that all processes of an installation share it.
 */
export async function openSecret(postgres: Postgres, given?: string): Promise<string> {
  if (given) return given
  await postgres.sql`
    insert into instance (key, value) values ('secret', ${postgres.sql.json(randomBytes(32).toString('base64url'))})
    on conflict do nothing`
  const [row] = await postgres.sql`select value from instance where key = 'secret'`
  return z.object({ value: z.string().min(32) }).parse(row).value
}
