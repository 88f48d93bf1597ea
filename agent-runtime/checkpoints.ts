import { PostgresSaver } from '@langchain/langgraph-checkpoint-postgres'
import type { Postgres } from '../db/postgres.ts'

const lock = 7_041_911

/** LangGraph's checkpoints, in the schema `langgraph`. Processes that start together make its tables one by one. */
export async function openCheckpoints({ pool }: Pick<Postgres, 'pool'>): Promise<PostgresSaver> {
  const saver = new PostgresSaver(pool, undefined, { schema: 'langgraph' })
  const client = await pool.connect()
  try {
    await client.query('select pg_advisory_lock($1)', [lock])
    await saver.setup()
  } finally {
    await client.query('select pg_advisory_unlock($1)', [lock])
    client.release()
  }
  return saver
}
