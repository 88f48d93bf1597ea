import { drizzle } from 'drizzle-orm/postgres-js'
import pg from 'pg'
import postgres from 'postgres'
import * as schema from './schema.ts'

export type Postgres = ReturnType<typeof openPostgres>

/**
 * Connections to Postgres, opened when first used: `sql` (tagged templates), `orm` (Drizzle) and
 * `pool` (node-postgres, for the libraries that want one). Moments come as Date, counts as number.
 */
export function openPostgres(url: string) {
  const connect = (max: number) =>
    postgres(url, {
      max,
      idle_timeout: 60,
      connect_timeout: 10,
      // Its own way waits up to 20 s after an outage, with a query in hand that other connections could serve.
      backoff: tries => Math.min(0.1 * tries, 1),
      onnotice: () => {},
      types: { bigint: counts },
    })
  const sql = connect(8)
  // Drizzle switches off its client's own handling of moments and JSON, so it has one to itself.
  const ormSql = connect(8)
  const pool = new pg.Pool({
    connectionString: url,
    max: 12,
    idleTimeoutMillis: 60_000,
    connectionTimeoutMillis: 10_000,
  })
  // An idle connection that the server closes must not end the process; the next query opens another.
  pool.on('error', () => {})
  return {
    sql,
    orm: drizzle(ormSql, { schema }),
    pool,
    async close() {
      await Promise.allSettled([sql.end({ timeout: 2 }), ormSql.end({ timeout: 2 }), pool.end()])
    },
  }
}

/** bigint columns hold counts and milliseconds, all below 2^53. */
const counts = {
  to: 20,
  from: [20],
  serialize: (value: number) => String(value),
  parse: (text: string) => Number(text),
}
