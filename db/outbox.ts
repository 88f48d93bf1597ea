import { desc, eq, inArray, sql } from 'drizzle-orm'
import { alertChannels, outbox } from './alert-tables.ts'
import type { Postgres } from './postgres.ts'

type Orm = Pick<Postgres, 'orm'>
export type Tx = Parameters<Parameters<Postgres['orm']['transaction']>[0]>[0]
export type OutboxRow = typeof outbox.$inferSelect
export type NewMessage = Omit<typeof outbox.$inferInsert, 'expiresAt' | 'dueAt' | 'createdAt'> & {
  /** Not before. */ waitMs?: number
}

/** A message is tried this long from the moment it may go. */
export const tryForMs = 24 * 3_600_000

/**
 * Writes messages in the transaction of what they tell, so that either both are or neither. One that is there already
 * (the same event to the same channel) stays as it is.
 */
export async function writeMessages(tx: Tx, messages: NewMessage[]): Promise<void> {
  if (messages.length === 0) return
  // Updated, where it is there, to hold it against the trim; in order, so that two writers do not wait for each other.
  for (const lane of [...new Set(messages.map(message => message.lane))].sort())
    await tx.execute(
      sql`insert into outbox_lanes (lane) values (${lane}) on conflict (lane) do update set lane = excluded.lane`,
    )
  const after = (ms: number) => sql`now() + make_interval(secs => ${ms / 1000})`
  const rows = messages.map(({ waitMs = 0, ...message }) => ({
    ...message,
    dueAt: after(waitMs),
    expiresAt: after(waitMs + tryForMs),
  }))
  await tx.insert(outbox).values(rows).onConflictDoNothing()
}

/**
 * Lets what waits for channels about an incident go within the time: messages of an incident go in their order, so one
 * that must not wait takes along those before it.
 */
export async function hurryMessages(
  tx: Tx,
  { incidentId, channelIds, waitMs }: { incidentId: number; channelIds: string[]; waitMs: number },
): Promise<void> {
  await tx
    .update(outbox)
    .set({ dueAt: sql`least(${outbox.dueAt}, now() + make_interval(secs => ${waitMs / 1000}))` })
    .where(
      sql`${outbox.incidentId} = ${incidentId} and ${inArray(outbox.channelId, channelIds)} and ${outbox.doneAt} is null`,
    )
}

/** What a worker took to send: one message, or several that go as one digest. The id is what the receiver knows it by. */
export type Batch = { id: string; lane: string; rows: OutboxRow[] }

export const mostSingly = 3

/**
 * Takes the next destination that has something due, and from it the message that is first in line; undefined when
 * nothing is. The destination is the taker's for `leaseMs`: should it die, another takes it after that. Messages of an
 * incident go in their order. More than three that wait for a destination that has digests become one; that is written
 * down, so that a second try is the same digest under the same id.
 */
export function takeBatch({ orm }: Orm, leaseMs: number): Promise<Batch | undefined> {
  return orm.transaction(async tx => {
    const [taken] = await tx.execute<{ lane: string; digests: boolean }>(sql`
      update outbox_lanes set next_at = now() + make_interval(secs => ${leaseMs / 1000})
      where lane = (
        select l.lane from outbox_lanes l
        where l.next_at <= now()
          and exists (select 1 from outbox o where o.lane = l.lane and o.done_at is null and o.due_at <= now())
        order by l.next_at
        limit 1
        for update skip locked
      )
      returning lane, exists (select 1 from alert_channels c where c.id = lane and c.kind in ('slack', 'email')) as digests`)
    if (!taken) return undefined
    const { lane } = taken
    const due = await tx.select().from(outbox).where(inFront(lane)).orderBy(outbox.createdAt, outbox.id).limit(100)
    const [head] = due
    if (!head) {
      await tx.execute(sql`update outbox_lanes set next_at = now() + interval '1 second' where lane = ${lane}`)
      return undefined
    }
    const batch = taken.digests ? digestOf(head, due) : { id: head.id, lane, rows: [head] }
    const ids = batch.rows.map(row => row.id)
    const digest = batch.id === head.id ? null : batch.id
    await tx
      .update(outbox)
      .set({ attempts: sql`${outbox.attempts} + 1`, digest })
      .where(inArray(outbox.id, ids))
    return { ...batch, rows: batch.rows.map(row => ({ ...row, attempts: row.attempts + 1, digest })) }
  })
}

const inFront = (lane: string) => sql`
  ${outbox.lane} = ${lane} and ${outbox.doneAt} is null and ${outbox.dueAt} <= now()
  and not exists (
    select 1 from outbox earlier
    where earlier.incident_id = ${outbox.incidentId} and earlier.channel_id = ${outbox.channelId}
      and earlier.event < ${outbox.event} and earlier.done_at is null)`

function digestOf(head: OutboxRow, due: OutboxRow[]): Batch {
  const { lane, digest } = head
  if (digest) return { id: digest, lane, rows: due.filter(row => row.digest === digest) }
  const fresh = due.filter(row => row.kind === 'incident' && row.digest === null && row.attempts === 0)
  const flood = head.kind === 'incident' && head.attempts === 0 && fresh.length > mostSingly
  return flood ? { id: `digest_${head.id}`, lane, rows: fresh } : { id: head.id, lane, rows: [head] }
}

export type Outcome =
  | { kind: 'sent'; receipt?: Record<string, string> }
  /** `afterMs` is when the receiver wants to be asked again, for everything that goes there. */
  | { kind: 'retry'; error: string; afterMs?: number }
  /** It will not be taken, however often it is sent; `gone` says that nothing will be. */
  | { kind: 'stop'; error: string; gone?: boolean }

/** Writes down what became of a batch and frees its destination. `waitMs` is until its next try, `paceMs` between any two. */
export function settleBatch(
  { orm }: Orm,
  { lane, rows }: Batch,
  outcome: Outcome,
  { waitMs, paceMs }: { waitMs: number; paceMs: number },
): Promise<void> {
  const ids = rows.map(row => row.id)
  const mine = sql`${inArray(outbox.id, ids)} and ${outbox.doneAt} is null`
  const seconds = (ms: number) => sql`make_interval(secs => ${ms / 1000})`
  return orm.transaction(async tx => {
    if (outcome.kind === 'sent') {
      await tx
        .update(outbox)
        .set({ doneAt: sql`now()`, status: 'sent', error: null, receipt: outcome.receipt ?? null })
        .where(mine)
    } else {
      const over = outcome.kind === 'stop' ? sql`true` : sql`${outbox.expiresAt} <= now() + ${seconds(waitMs)}`
      await tx
        .update(outbox)
        .set({
          error: outcome.error.slice(0, 1000),
          dueAt: sql`now() + ${seconds(waitMs)}`,
          doneAt: sql`case when ${over} then now() end`,
          status: sql`case when ${over} then 'failed' else 'waiting' end`,
        })
        .where(mine)
    }
    const held = outcome.kind === 'retry' && outcome.afterMs ? outcome.afterMs : paceMs
    await tx.execute(sql`update outbox_lanes set next_at = now() + ${seconds(held)} where lane = ${lane}`)
    if (outcome.kind === 'stop' && outcome.gone)
      await tx
        .update(alertChannels)
        .set({ broken: outcome.error.slice(0, 500) })
        .where(eq(alertChannels.id, lane))
  })
}

/** Puts a batch back as it was, to go at a later moment: nothing was sent. */
export async function postponeBatch({ orm }: Orm, { lane, rows }: Batch, waitMs: number): Promise<void> {
  const ids = rows.map(row => row.id)
  await orm.transaction(async tx => {
    const later = sql`now() + make_interval(secs => ${waitMs / 1000})`
    await tx
      .update(outbox)
      .set({ dueAt: later, attempts: sql`${outbox.attempts} - 1` })
      .where(inArray(outbox.id, ids))
    await tx.execute(sql`update outbox_lanes set next_at = now() where lane = ${lane}`)
  })
}

/** The receipt of the newest message about an incident, to find it again at the receiver. */
export async function lastReceipt(
  { orm }: Orm,
  incidentId: number,
  channelId: string,
): Promise<Record<string, string> | undefined> {
  const [row] = await orm
    .select({ receipt: outbox.receipt })
    .from(outbox)
    .where(
      sql`${outbox.incidentId} = ${incidentId} and ${outbox.channelId} = ${channelId} and ${outbox.receipt} is not null and ${outbox.digest} is null`,
    )
    .orderBy(desc(outbox.event))
    .limit(1)
  return row?.receipt ?? undefined
}

/** Removes what was sent or given up long ago, and destinations without anything to send. */
export async function trimOutbox({ orm }: Orm, keepDays = 90): Promise<void> {
  await orm.execute(sql`
    delete from outbox where done_at < now() - make_interval(days => ${keepDays}) and kind <> 'incident'`)
  await orm.execute(sql`
    delete from outbox_lanes l
    where l.next_at < now() - interval '1 day' and not exists (select 1 from outbox o where o.lane = l.lane)`)
}
