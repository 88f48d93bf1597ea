import { z } from 'zod'
import type { ClickHouse } from './clickhouse.ts'
import { dayMs } from './domain/time.ts'
import { untilMutated } from './mutations.ts'
import { payloadKnownMs } from './payloads.ts'
import type { Postgres } from './postgres.ts'
import { textSql } from './price-sql.ts'
import { projectSettings } from './projects.ts'
import { projects } from './schema.ts'

type Store = Pick<ClickHouse, 'query' | 'command'>
/** Rows of a project that are from before a moment. */
export type Old = { projectId: string; before: Date }

type Kept = { table: string; time: string; laterMs?: number }

/**
 * What a project's data lies in, and by which moment it is old. The sums of traces go first, so that no list shows a trace
 * whose spans are gone. A payload may be named by spans that came after it was stored: see `payloadKnownMs`.
 */
const keptIn: readonly Kept[] = [
  { table: 'traces', time: 'hour' },
  { table: 'spans', time: 'start_time' },
  { table: 'span_events', time: 'at' },
  { table: 'payloads', time: 'received_at', laterMs: payloadKnownMs + dayMs },
  { table: 'signals', time: 'at' },
  { table: 'run_events', time: 'at' },
]

/** Rows that are masked and still take room, as a share of their partition: from here on they are worth a rewrite. */
const worthRewriting = 0.1

/** The beginning of the UTC day so many days ago: what is from before it is older than that. */
export const oldBefore = (days: number, now: Date) => new Date(Math.floor(now.getTime() / dayMs) * dayMs - days * dayMs)

/** The mark of up to when a project's data was removed. */
export const retentionMark = (projectId: string) => `retention.${projectId}`

/** Projects that do not keep their data for ever, and for how many days they do. */
export async function listRetentions({ orm }: Pick<Postgres, 'orm'>): Promise<{ projectId: string; days: number }[]> {
  const rows = await orm.select({ id: projects.id, settings: projects.settings }).from(projects)
  return rows.flatMap(({ id, settings }) => {
    const { retentionDays } = projectSettings.parse(settings)
    return retentionDays === null ? [] : [{ projectId: id, days: retentionDays }]
  })
}

const whole = z.coerce.number()
const preview = z.object({ spans: whole, traces: whole, signals: whole, oldestMs: whole })
export type Preview = z.infer<typeof preview> & { runs: number }

/** What is from before then; `oldestMs` is when the project's oldest span began, 0 where it has none. */
export async function previewOld(
  { clickhouse, postgres }: { clickhouse: Store; postgres: Pick<Postgres, 'sql'> },
  { projectId, before }: Old,
): Promise<Preview> {
  const sql = `
    select
      (select count() from spans where ${isOld('start_time')}) as spans,
      (select uniqExact(trace_id) from traces where ${isOld('hour')}) as traces,
      (select count() from signals final where ${isOld('at')}) as signals,
      (
        select if(count() = 0, 0, toUnixTimestamp64Milli(min(start_time)))
        from traces where project_id = {projectId:String}
      ) as oldestMs`
  const [[found], runs] = await Promise.all([
    clickhouse.query({ sql, params: { projectId, before: before.getTime() }, row: preview }),
    postgres.sql<{ count: number }[]>`
      select count(*)::integer as count from runs where project_id = ${projectId} and ended_at < ${before}`,
  ])
  return { ...(found ?? { spans: 0, traces: 0, signals: 0, oldestMs: 0 }), runs: runs[0]?.count ?? 0 }
}

const isOld = (time: string) =>
  `project_id = {projectId:String} and ${time} < fromUnixTimestamp64Milli({before:Int64}, 'UTC')`

/** Mutations are kept as text, so their parameters stand in it. */
const literally = (sql: string, { projectId, before }: { projectId: string; before: number }) =>
  sql.replace('{projectId:String}', textSql(projectId)).replace('{before:Int64}', String(before))

const partition = z.object({ partition: z.string(), rows: whole })

/**
 * Removes what is old from ClickHouse, so that no query sees it; how many rows, by table. What was removed already is not
 * found again, so a removal that was cut short is simply done once more. It takes room until `rewriteParts`.
 */
export async function removeOld(
  store: Store,
  { projectId, before, signal }: Old & { signal?: AbortSignal },
): Promise<Record<string, number>> {
  const removed: Record<string, number> = {}
  for (const { table, time, laterMs = 0 } of keptIn) {
    const params = { projectId, before: before.getTime() - laterMs }
    const found = await store.query({
      sql: `select _partition_id as partition, count() as rows from ${table} where ${isOld(time)} group by partition`,
      params,
      row: partition,
    })
    for (const { partition: id, rows } of found) {
      signal?.throwIfAborted()
      await store.command(
        `delete from ${table} in partition id '${plain(id)}' where ${literally(isOld(time), params)}
        settings lightweight_deletes_sync = 0`,
      )
      removed[table] = (removed[table] ?? 0) + rows
    }
    if (found.length > 0) await untilMutated(store, { table, text: '_row_exists = 0', signal })
  }
  return removed
}

const part = partition.extend({ table: z.string() })

/** Gives the room of removed rows back, in partitions where they are a tenth or more: those are written anew. */
export async function rewriteParts(store: Store, signal?: AbortSignal): Promise<void> {
  const tables = keptIn.map(({ table }) => table)
  const masked = await store.query({
    sql: `
      select table, partition_id as partition, sum(rows) as rows
      from system.parts
      where database = currentDatabase() and active and table in {tables:Array(String)}
      group by table, partition
      having max(has_lightweight_delete)`,
    params: { tables },
    row: part,
  })
  for (const { table, partition: id, rows } of masked) {
    signal?.throwIfAborted()
    const [left] = await store.query({
      sql: `select count() as rows from ${table} where _partition_id = {id:String}`,
      params: { id },
      row: z.object({ rows: whole }),
    })
    if (rows - (left?.rows ?? rows) < rows * worthRewriting) continue
    await store.command(
      `alter table ${table} apply deleted mask in partition id '${plain(id)}' settings mutations_sync = 0`,
    )
    await untilMutated(store, { table, text: 'APPLY DELETED MASK', signal })
  }
}

const runsAtOnce = 1_000

/**
 * Removes from Postgres the runs that ended before then, with their questions, and what was marked as done in the inbox;
 * how many runs. One whose events are not in the archive yet stays until they are.
 */
export async function removeOldRuns({ sql }: Pick<Postgres, 'sql'>, { projectId, before }: Old): Promise<number> {
  await sql`delete from inbox_done where project_id = ${projectId} and done_at < ${before}`
  for (let removed = 0; ; ) {
    const { count } = await sql`
      delete from runs
      where id in (
        select id from runs
        where project_id = ${projectId} and ended_at < ${before} and archived_at is not null
        limit ${runsAtOnce}
      )`
    removed += count
    if (count < runsAtOnce) return removed
  }
}

/** Ids of partitions stand in the text of a statement. */
function plain(id: string): string {
  if (!/^[\w-]+$/.test(id)) throw new Error(`${id} is not the id of a partition`)
  return id
}
