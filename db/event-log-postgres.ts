import type { ISql } from 'postgres'
import { z } from 'zod'
import { storableJson } from './domain/json.ts'
import { isTerminal, parseRunEvent } from './domain/run.ts'
import { doorbellChannel } from './doorbells.ts'
import { eventsBell, type LiveLog, numbered, type RunWriter, type Unnumbered, unnumbered } from './event-log.ts'
import type { Postgres } from './postgres.ts'

type Query = ISql<{ bigint: number }>

export function openPostgresLog({ sql }: Pick<Postgres, 'sql'>): LiveLog {
  /** The row lock on the head puts writers in line; an update that waited sees the head as the one before left it. */
  async function write(on: Query, { runId, attempt }: RunWriter, made: Unnumbered[]): Promise<number | null> {
    const ended = isTerminal(made.at(-1)?.type ?? '')
    const [row] = await on`
      with head as (
        insert into run_heads as h (run_id, seq, attempt, ended)
        values (${runId}, ${made.length}, ${attempt}, ${ended})
        on conflict (run_id) do update
        set seq = h.seq + excluded.seq, attempt = excluded.attempt, ended = excluded.ended
        where h.attempt <= excluded.attempt and not h.ended
        returning seq
      ), written as (
        insert into run_events (run_id, seq, event)
        select ${runId}, head.seq - ${made.length} + item.n, item.event
        from head, jsonb_array_elements(${storableJson(made)}::text::jsonb) with ordinality as item (event, n)
        returning seq
      )
      select max(seq) as last, pg_notify(${doorbellChannel}, ${eventsBell(runId)}) from written`
    return z.object({ last: z.number().nullable() }).parse(row).last
  }

  /** The head is locked first: a write of these events that is still under way is then over, and seen. */
  const writeAgain = (writer: RunWriter, made: Unnumbered[], after: number) =>
    sql.begin(async tx => {
      await tx`select from run_heads where run_id = ${writer.runId} for update`
      const [there] = await tx`
        select seq from run_events
        where run_id = ${writer.runId} and seq > ${after} and event = ${storableJson(made[0])}::text::jsonb
        limit 1`
      return there ? z.object({ seq: z.number() }).parse(there).seq + made.length - 1 : write(tx, writer, made)
    })

  return {
    async append(writer, events, delivery) {
      const made = events.map(event => unnumbered(writer, event))
      const last = await (delivery?.again ? writeAgain(writer, made, delivery.after) : write(sql, writer, made))
      return numbered(writer, made, last)
    },
    async begin(writer, event) {
      const { runId, attempt } = writer
      const made = storableJson(unnumbered(writer, event))
      const begun = await sql`
        with head as (
          insert into run_heads (run_id, seq, attempt, ended)
          values (${runId}, 1, ${attempt}, false)
          on conflict (run_id) do nothing
          returning run_id
        ), written as (
          insert into run_events (run_id, seq, event) select run_id, 1, ${made}::text::jsonb from head
          returning run_id
        )
        select pg_notify(${doorbellChannel}, ${eventsBell(runId)}) from written`
      return begun.length > 0
    },
    async read(runId, afterSeq, limit) {
      const rows = await sql`
        select seq, event::text as event
        from run_events
        where run_id = ${runId} and seq > ${afterSeq}
        order by seq
        limit ${limit}`
      return rows.flatMap(row => parseRunEvent({ ...JSON.parse(row.event), seq: row.seq }) ?? [])
    },
    async head(runId) {
      const [row] = await sql`select seq, ended from run_heads where run_id = ${runId}`
      return row && z.object({ seq: z.number(), ended: z.boolean() }).parse(row)
    },
    async expire() {},
    async trim(runIds) {
      if (runIds.length === 0) return 0
      return (await sql`delete from run_heads where run_id in ${sql(runIds)}`).count
    },
  }
}
