import { setTimeout as delay } from 'node:timers/promises'
import { z } from 'zod'
import type { ClickHouse } from './clickhouse.ts'

const mutation = z.object({ id: z.string(), failure: z.string() })
const pollMs = 200

/**
 * Waits until no mutation of the table is left whose text holds `text`. One that fails is taken back, since ClickHouse
 * would try it for ever, and its failure is thrown.
 */
export async function untilMutated(
  { query, command }: Pick<ClickHouse, 'query' | 'command'>,
  { table, text, signal }: { table: string; text: string; signal?: AbortSignal },
): Promise<void> {
  for (;;) {
    signal?.throwIfAborted()
    const [running] = await query({
      sql: `
        select mutation_id as id, latest_fail_reason as failure
        from system.mutations
        where database = currentDatabase() and table = {table:String} and not is_done
          and position(command, {text:String}) > 0
        order by latest_fail_reason = ''
        limit 1`,
      params: { table, text },
      row: mutation,
    })
    if (!running) return
    if (running.failure) {
      await command(
        `kill mutation where database = currentDatabase() and table = {table:String} and mutation_id = {id:String}`,
        { table, id: running.id },
      )
      throw new Error(`ClickHouse could not rewrite ${table}: ${running.failure.slice(0, 300)}`)
    }
    await delay(pollMs, undefined, { signal })
  }
}
