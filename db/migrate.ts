import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { TransactionSql } from 'postgres'
import type { ClickHouse } from './clickhouse.ts'
import type { Postgres } from './postgres.ts'
import { withSpan } from './telemetry.ts'

type Store = 'postgres' | 'clickhouse'
type Migration = { name: string; text: string; checksum: string }

/** Any number, the same in every process of an installation. */
const lockKey = 7_033_117

/**
 * Brings both stores' tables up to date: files of `db/migrations/<store>` in the order of their numbers, each once.
 * Safe at every start and in several processes at once, under one Postgres advisory lock.
 * Throws when a file that was applied has changed since, or when one fails, naming the file.
 */
export async function migrate(
  { postgres, clickhouse }: { postgres: Postgres; clickhouse: ClickHouse },
  { clickhouseCluster }: { clickhouseCluster?: string },
): Promise<void> {
  const { sql } = postgres
  await alone(
    lock => lock`
      create table if not exists migrations (
        store text not null,
        name text not null,
        checksum text not null,
        applied_at timestamptz not null default now(),
        primary key (store, name)
      )`,
  )
  await alone(async () => {
    await apply('postgres', async ({ name, text, checksum }) => {
      await sql.begin(async tx => {
        await tx.unsafe(text)
        await tx`insert into migrations (store, name, checksum) values ('postgres', ${name}, ${checksum})`
      })
    })
    // ClickHouse has no transactions: its statements are written so that doing one again does nothing.
    await apply('clickhouse', async ({ name, text, checksum }) => {
      for (const statement of statements(expand(text, clickhouseCluster))) await execute(clickhouse, statement)
      await sql`insert into migrations (store, name, checksum) values ('clickhouse', ${name}, ${checksum})`
    })
  })

  /** The lock falls with the transaction, and so with its connection. */
  async function alone(work: (lock: TransactionSql) => Promise<unknown>) {
    await sql.begin(async lock => {
      await lock`select pg_advisory_xact_lock(${lockKey})`
      await work(lock)
    })
  }

  async function apply(store: Store, run: (migration: Migration) => Promise<void>) {
    const rows = await sql<{ name: string; checksum: string }[]>`
      select name, checksum from migrations where store = ${store}`
    const applied = new Map(rows.map(row => [row.name, row.checksum]))
    for (const migration of readMigrations(store)) {
      const checksum = applied.get(migration.name)
      if (checksum === migration.checksum) continue
      const file = `db/migrations/${store}/${migration.name}`
      if (checksum) throw new Error(`${file} was applied and has changed since: add a new migration instead`)
      await withSpan('apply migration', { 'davylamp.migration': file }, () => run(migration)).catch((error: Error) => {
        throw new Error(`cannot apply ${file}: ${error.message}`, { cause: error })
      })
    }
  }
}

/**
 * Executes a statement on ClickHouse. One that only sets how a table is kept is passed over by a server that is too old to
 * know the setting, as it loses nothing by it.
 */
export async function execute(clickhouse: ClickHouse, statement: string): Promise<void> {
  await clickhouse.command(statement).catch((error: Error) => {
    if (!/^alter table \S+ .*modify setting /is.test(statement) || !('code' in error) || error.code !== unknownSetting)
      throw error
  })
}

const unknownSetting = '115'

export function readMigrations(store: Store): Migration[] {
  const folder = join(import.meta.dirname, 'migrations', store)
  const names = readdirSync(folder).filter(name => /^\d{4}_[\w-]+\.sql$/.test(name))
  return names.sort().map(name => {
    const text = readFileSync(join(folder, name), 'utf8')
    return { name, text, checksum: createHash('sha256').update(text).digest('hex') }
  })
}

/**
 * Fills the placeholders of ClickHouse DDL: `{{on_cluster}}`, and `{{engine:ReplacingMergeTree(version)}}`, which on a
 * cluster becomes the replicated engine with ClickHouse's own macros for its path.
 */
export function expand(text: string, cluster?: string): string {
  const onCluster = cluster ? `on cluster "${cluster}"` : ''
  return text
    .replaceAll('{{on_cluster}}', onCluster)
    .replace(/\{\{engine:(\w+)(?:\(([^)]*)\))?\}\}/g, (_, engine, args) => {
      if (!cluster) return args ? `${engine}(${args})` : engine
      const path = `'/clickhouse/tables/{shard}/{database}/{table}', '{replica}'`
      return `Replicated${engine}(${path}${args ? `, ${args}` : ''})`
    })
}

/** Statements end with a semicolon at the end of a line; lines of comment go. */
export function statements(text: string): string[] {
  const bare = text.replace(/^\s*--.*$/gm, '')
  return bare
    .split(/;\s*$/m)
    .map(statement => statement.trim())
    .filter(Boolean)
}
