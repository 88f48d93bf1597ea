import { afterAll, expect, it } from 'vitest'
import { z } from 'zod'
import { openClickHouse } from '../db/clickhouse.ts'
import { execute, migrate, readMigrations } from '../db/migrate.ts'
import { openPostgres } from '../db/postgres.ts'
import { span, storeSpans } from './factories.ts'
import { freshClickHouse, freshDatabase } from './setup/context.ts'

// Stores of its own: while old files are applied again, others would see the tables as they once were.
const databaseUrl = await freshDatabase()
const clickhouse = openClickHouse({ url: await freshClickHouse(databaseUrl) })
const postgres = openPostgres(databaseUrl)
afterAll(() => Promise.all([clickhouse.close(), postgres.close()]))

type Applied = { store: string; name: string; applied_at: Date }
const applied = () => postgres.sql<Applied[]>`select store, name, applied_at from migrations order by store, name`

it('has applied every file once, in both stores', async () => {
  const names = (await applied()).map(({ store, name }) => `${store}/${name}`)
  const files = (['clickhouse', 'postgres'] as const).flatMap(store =>
    readMigrations(store).map(({ name }) => `${store}/${name}`),
  )
  expect(names).toEqual(files)
})

it('changes nothing when it runs again, and many at once', async () => {
  const before = await applied()
  const others = [openPostgres(databaseUrl), openPostgres(databaseUrl)]
  await Promise.all([postgres, ...others].map(each => migrate({ postgres: each, clickhouse }, {})))
  expect(await applied()).toEqual(before)
  for (const other of others) await other.close()
})

it('can do its ClickHouse files again, as after a crash half-way', async () => {
  const [first] = readMigrations('clickhouse')
  await postgres.sql`delete from migrations where store = 'clickhouse' and name = ${first!.name}`
  await migrate({ postgres, clickhouse }, {})
  expect((await applied()).some(({ name }) => name === first!.name)).toBe(true)
})

it('starts from nothing in several processes at once, and refuses a file that changed since', async () => {
  await postgres.sql`create database fresh_migrations`
  const url = databaseUrl.replace(/\/\w+$/, '/fresh_migrations')
  const fresh = [1, 2, 3].map(() => openPostgres(url))
  try {
    await Promise.all(fresh.map(each => migrate({ postgres: each, clickhouse }, {})))
    const [{ sql }] = fresh as [ReturnType<typeof openPostgres>]
    const [count] = await sql<{ n: number }[]>`select count(*) as n from migrations`
    expect(count?.n).toBe((await applied()).length)
    await sql`update migrations set checksum = 'other' where store = 'postgres' and name like '0001%'`
    await expect(migrate({ postgres: fresh[0]!, clickhouse }, {})).rejects.toThrow(
      /^db\/migrations\/postgres\/0001_\w+\.sql was applied and has changed since: add a new migration instead$/,
    )
  } finally {
    await Promise.all(fresh.map(each => each.close()))
    await postgres.sql`drop database fresh_migrations with (force)`
  }
})

it('passes over a setting of how a table is kept that the server does not know, and nothing else', async () => {
  await execute(clickhouse, 'alter table spans  modify setting no_such_setting = 1')
  const create = 'create table kept (a String) engine = MergeTree order by a settings no_such_setting = 1'
  await expect(execute(clickhouse, create)).rejects.toThrow(/no_such_setting/)
  await expect(execute(clickhouse, 'alter table no_such modify setting merge_max_block_size = 1')).rejects.toThrow(
    /no_such/,
  )
})

it('lets the parts of spans gather, and then merges them all at once', async () => {
  for (let part = 0; part < 40; part++) await storeSpans(clickhouse, 'merges', [span()])
  const row = z.object({ level: z.coerce.number(), rows: z.coerce.number() })
  const parts = () =>
    clickhouse.query({ sql: "select level, rows from system.parts where active and table = 'spans'", row })
  await expect.poll(async () => (await parts()).some(({ level }) => level > 0), { timeout: 60_000 }).toBe(true)
  const found = await parts()
  expect(found.reduce((sum, { rows }) => sum + rows, 0)).toBe(40)
  for (const { level, rows } of found) expect(level === 0 ? rows === 1 : rows >= 30).toBe(true)
})
