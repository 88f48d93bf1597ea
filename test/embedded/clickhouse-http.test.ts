import { randomBytes } from 'node:crypto'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { z } from 'zod'
import { testStores } from '../setup/context.ts'

const { clickhouse } = testStores()
const table = `traps_${randomBytes(4).toString('hex')}`
const sums = `${table}_sums`
const url = new URL(inject('clickhouseUrl'))
const authorization = `Basic ${btoa(`${url.username}:${url.password}`)}`
const columns = ['id', 'text']

type Ask = { body?: string | Uint8Array; headers?: Record<string, string> }

/** One raw request, as any HTTP client could send it. */
function ask(parameters: Record<string, string>, { body, headers }: Ask = {}) {
  const query = new URLSearchParams(parameters)
  return fetch(`${url.origin}/?${query}`, {
    method: 'POST',
    body: body as BodyInit,
    headers: { authorization, ...headers },
  })
}

async function ids(): Promise<number[]> {
  const rows = await clickhouse.query({
    sql: `select id from ${table} order by id`,
    row: z.object({ id: z.coerce.number() }),
  })
  return rows.map(row => row.id)
}

async function setting(name: string) {
  const sql = `select toString(getSetting({name:String})) as value`
  const [row] = await clickhouse.query({ sql, params: { name }, row: z.object({ value: z.string() }) })
  return row?.value
}

beforeAll(async () => {
  await clickhouse.command(`
    create table ${table} (id UInt64, text LowCardinality(String) default 'none', labels Map(String, String),
      at DateTime64(3, 'UTC') default now64(3), upper String materialized upper(text))
    engine = MergeTree order by id settings non_replicated_deduplication_window = 100`)
  await clickhouse.command(`
    create table ${sums} (day UInt8, rows SimpleAggregateFunction(sum, UInt64))
    engine = AggregatingMergeTree order by day settings non_replicated_deduplication_window = 100`)
  await clickhouse.command(`
    create materialized view ${table}_view to ${sums} as
    select 1 as day, toUInt64(count()) as rows from ${table} group by day`)
})

afterAll(async () => {
  for (const name of [`${table}_view`, sums, table]) await clickhouse.command(`drop table if exists ${name}`)
})

describe('bytes from outside', () => {
  const attack = `a\n\ndrop table ${table}\n\n; drop table ${table}; `

  it('stay data in every format, whatever blank lines and semicolons they hold', async () => {
    await clickhouse.insertRows({ table, rows: [{ id: 1, text: attack }] })
    await ask(
      { query: `insert into ${table} (id, text) format JSONEachRow` },
      { body: `{"id":2}\n\ndrop table ${table}` },
    )
    await ask(
      { query: `insert into ${table} (id, text) format CSV` },
      { body: `3,"${attack}"\n\n\ndrop table ${table}` },
    )
    await ask({ query: `insert into ${table} (id) format TabSeparated` }, { body: `4\n\ndrop table ${table}\n` })
    await ask({}, { body: `insert into ${table} (id) format JSONEachRow {"id":5}\n\ndrop table ${table}` })
    await ask({}, { body: `insert into ${table} (id, text) values (6, '${attack}')` })
    expect(await ids()).toEqual(expect.arrayContaining([1, 6]))
    const row = z.object({ text: z.string(), upper: z.string() })
    const [found] = await clickhouse.query({ sql: `select text, upper from ${table} where id = 1`, row })
    expect(found).toEqual({ text: attack, upper: attack.toUpperCase() })
  })

  it('stay values in parameters, quotes, escapes and control characters included', async () => {
    const params = {
      text: `it's \\ \\n \t\n\r\u0001 {x:String} "; drop table ${table} --`,
      list: ["a'b", 'c\\d\n', ''],
      map: { "k'": 'v\\' },
      missing: null,
    }
    const sql =
      'select {text:String} as text, {list:Array(String)} as list, {map:Map(String, String)} as map, {missing:Nullable(Int8)} as missing'
    const [row] = await clickhouse.query({ sql, params, row: z.unknown() })
    expect(row).toEqual(params)
  })

  it('reach a query by tens of thousands, past what a URL holds', async () => {
    const list = Array.from({ length: 40_000 }, (_, index) => `id-${index}`)
    const sql = 'select length({list:Array(String)}) as count, {list:Array(String)}[40000] as last'
    const [row] = await clickhouse.query({ sql, params: { list }, row: z.unknown() })
    expect(row).toEqual({ count: '40000', last: 'id-39999' })
  })

  it('cannot append a second statement', async () => {
    const refused = await ask({}, { body: `select 1; drop table ${table}` })
    expect(refused.status).toBe(400)
    expect(refused.headers.get('x-clickhouse-exception-code')).toBe('62')
    expect(await refused.text()).toMatch(/multi-statements are not allowed/)
  })
})

describe('a session', () => {
  it('keeps no parameter for the next query that forgets its own', async () => {
    for (let i = 0; i < 20; i++) {
      await clickhouse.query({ sql: 'select {tenant:String} as a', params: { tenant: 'other' }, row: z.unknown() })
    }
    const bare = clickhouse.query({ sql: 'select {tenant:String} as a', row: z.unknown() })
    await expect(bare).rejects.toMatchObject({ code: '456', message: expect.stringContaining('tenant is not set') })
  })

  it('keeps no setting for the next query, be it by URL, by clause or by `set`', async () => {
    const before = await setting('max_block_size')
    await clickhouse.query({ sql: 'select 1 as a', settings: { max_block_size: 7 }, row: z.unknown() })
    await clickhouse.query({ sql: 'select 1 as a settings max_block_size = 8', row: z.unknown() })
    await clickhouse.command('set max_block_size = 9')
    const unknown = clickhouse.query({
      sql: 'select 1 as a',
      settings: { max_block_size: 10, no_such: 1 },
      row: z.unknown(),
    })
    await expect(unknown).rejects.toMatchObject({ code: '115' })
    const seen = await Promise.all(Array.from({ length: 24 }, () => setting('max_block_size')))
    expect(new Set(seen)).toEqual(new Set([before]))
  })

  it('takes the settings of a query for that query, and always limits its time', async () => {
    const slow = 'select count() as n from numbers(10000000000000)'
    const limited = clickhouse.query({ sql: slow, settings: { max_execution_time: 1 }, row: z.unknown() })
    await expect(limited).rejects.toMatchObject({ code: '159' })
    expect(await (await ask({}, { body: "select getSetting('max_execution_time')" })).text()).toBe('60\n')
  })

  it('answers a small query while heavy ones run', async () => {
    const stop = new AbortController()
    const heavy = Array.from({ length: 4 }, () =>
      clickhouse.query({
        sql: 'select count() as n from numbers(10000000000000)',
        row: z.unknown(),
        signal: stop.signal,
      }),
    )
    const first = await Promise.race([
      ...heavy.map(query => query.then(() => 'heavy')),
      setting('max_threads').then(() => 'small'),
    ])
    stop.abort()
    expect(first).toBe('small')
    expect((await Promise.allSettled(heavy)).every(({ status }) => status === 'rejected')).toBe(true)
  })

  it('answers others while it is planned', async () => {
    // A scalar subquery is computed when its query is planned.
    const slow = 'select (select sum(sleepEachRow(0.5)) from numbers(4)) as n'
    const planned = clickhouse.query({ sql: slow, row: z.unknown() }).then(() => 'planned')
    const elapsed = 'select max(elapsed) as s from system.processes where query like {like:String}'
    const row = z.object({ s: z.coerce.number() })
    const since = async () => (await clickhouse.query({ sql: elapsed, params: { like: `${slow}%` }, row }))[0]?.s
    expect(
      await Promise.race([
        planned,
        expect
          .poll(since)
          .toBeGreaterThan(0)
          .then(() => 'others'),
      ]),
    ).toBe('others')
    expect(await planned).toBe('planned')
  })

  it('is killed when its client goes away', async () => {
    const mark = `gone-${randomBytes(4).toString('hex')}`
    const row = z.object({ n: z.coerce.number() })
    const running = async () => {
      const sql = `select count() as n from system.processes where query like {mark:String} and query not like '%processes%'`
      return (await clickhouse.query({ sql, params: { mark: `%${mark}%` }, row }))[0]?.n
    }
    for (const sql of [
      `select count() from numbers(10000000000000) where toString(number) = '${mark}'`,
      `select number from numbers(10000000000000) where toString(number) = '${mark}' format JSONEachRow`,
    ]) {
      const stop = new AbortController()
      const left = fetch(url.origin, { method: 'POST', body: sql, headers: { authorization }, signal: stop.signal })
      await expect.poll(running).toBe(1)
      stop.abort()
      await expect(left).rejects.toThrow(/abort/)
      await expect.poll(running).toBe(0)
    }
  })
})

describe('inserts', () => {
  it('give omitted fields the table’s defaults, and nulls too', async () => {
    await clickhouse.insertRows({ table, rows: [{ id: 100 }, { id: 101, text: null, labels: { a: 'b' } }] })
    const sql = `select text, labels, at > now() - interval 1 minute as fresh from ${table} where id in (100, 101) order by id`
    const rows = await clickhouse.query({ sql, row: z.unknown() })
    expect(rows).toEqual([
      { text: 'none', labels: {}, fresh: 1 },
      { text: 'none', labels: { a: 'b' }, fresh: 1 },
    ])
  })

  it('take Native blocks as they are, large ones too', async () => {
    const made = await ask(
      {},
      { body: 'select number + 1000000 as id, toString(number % 10) as text from numbers(400000) format Native' },
    )
    const body = Buffer.from(await made.arrayBuffer())
    expect(body.length).toBeGreaterThan(3_000_000)
    await clickhouse.insertNative({ table, columns, body })
    const row = z.object({ n: z.coerce.number(), sum: z.coerce.number() })
    const sql = `select count() as n, sum(toUInt64(text)) as sum from ${table} where id >= 1000000`
    expect(await clickhouse.query({ sql, row })).toEqual([{ n: 400_000, sum: 1_800_000 }])
    await clickhouse.command(`alter table ${table} delete where id >= 1000000 settings mutations_sync = 1`)
  })

  it('repeated with one token land once, in the materialized views too', async () => {
    const total = async () => {
      const sql = `select (select count() from ${table}) as rows, (select sum(rows) from ${sums}) as counted`
      const row = z.object({ rows: z.coerce.number(), counted: z.coerce.number() })
      return (await clickhouse.query({ sql, row }))[0]!
    }
    const made = await ask({}, { body: "select 500 as id, 'once' as text format Native" })
    const body = Buffer.from(await made.arrayBuffer())
    const before = await total()
    for (let i = 0; i < 3; i++) await clickhouse.insertNative({ table, columns, body, dedupToken: 'batch-1' })
    expect(await total()).toEqual({ rows: before.rows + 1, counted: before.counted + 1 })
    await clickhouse.insertNative({ table, columns, body, dedupToken: 'batch-2' })
    expect(await total()).toEqual({ rows: before.rows + 2, counted: before.counted + 2 })
  })

  it('of a damaged body store nothing and say what is wrong', async () => {
    const body = Buffer.from('not a native block at all')
    await expect(clickhouse.insertNative({ table, columns, body })).rejects.toMatchObject({ code: expect.any(String) })
    const half = await ask({ query: `insert into ${table} (id) format JSONEachRow` }, { body: '{"id":900}\n{"id":9' })
    expect(half.status).toBe(400)
    expect(await half.text()).toMatch(/^Code: \d+\. DB::Exception: /)
    const wrong = await ask({ query: `insert into ${table} (nope) format JSONEachRow` }, { body: '{}' })
    expect(await wrong.text()).toMatch(/No such column nope/)
    expect(await ids()).not.toContain(900)
  })

  it('come gzipped as well, and see columns that were added a moment ago', async () => {
    const body = gzipSync('{"id":600,"text":"zipped"}')
    const query = `insert into ${table} format JSONEachRow`
    expect((await ask({ query }, { body, headers: { 'content-encoding': 'gzip' } })).status).toBe(200)
    await clickhouse.command(`alter table ${table} add column extra String`)
    await clickhouse.insertRows({ table, rows: [{ id: 601, extra: 'seen' }] })
    const rows = await clickhouse.query({
      sql: `select id, text, extra from ${table} where id in (600, 601) order by id`,
      row: z.unknown(),
    })
    expect(rows).toEqual([
      { id: '600', text: 'zipped', extra: '' },
      { id: '601', text: 'none', extra: 'seen' },
    ])
  })
})

describe('results', () => {
  it('stream in every format a client may ask for', async () => {
    const rows = 'select number as n from numbers(150000)'
    const csv = await (await ask({}, { body: `${rows} format CSVWithNames` })).text()
    expect(csv.split('\n').filter(line => line.includes('n'))).toHaveLength(1)
    expect(csv.trimEnd().split('\n')).toHaveLength(150_001)
    const json = await (await ask({}, { body: `${rows} format JSON` })).json()
    expect(json).toMatchObject({ rows: 150_000 })
    const zipped = await ask(
      { enable_http_compression: '1' },
      { body: `${rows} format TSV`, headers: { 'accept-encoding': 'gzip' } },
    )
    expect(zipped.headers.get('content-encoding')).toBe('gzip')
    expect((await zipped.text()).trimEnd().split('\n')).toHaveLength(150_000)
  })

  it('that fail half-way fail for the client, too', async () => {
    const sql = 'select throwIf(number = 150000) as x from numbers(200000)'
    await expect(clickhouse.query({ sql, row: z.unknown() })).rejects.toMatchObject({ code: '395' })
    const late = 'select throwIf(number = 20000000) as x from numbers(30000000) settings max_threads = 1 format TSV'
    const broken = await ask({}, { body: late })
    expect(broken.status).toBe(200)
    await expect(broken.text()).rejects.toThrow(/terminated/)
    const waited = await ask({ wait_end_of_query: '1' }, { body: late })
    expect([waited.status, waited.headers.get('x-clickhouse-exception-code')]).toEqual([400, '395'])
    expect(await waited.text()).toMatch(/^Code: 395\. DB::Exception: /)
  })

  it('hold nothing of a query that failed before, of whomever it was', async () => {
    const secret = 'select throwIf(number = 150000) as x from numbers(200000) settings max_threads = 1'
    const ways: Record<string, string>[] = [{ wait_end_of_query: '1' }, {}]
    for (let i = 0; i < 24; i++) {
      const failed = await ask({ wait_end_of_query: '1' }, { body: `${secret} format TSV` })
      expect(failed.headers.get('x-clickhouse-exception-code')).toBe('395')
      const answers = ways.map(async how => (await (await ask(how, { body: 'select 1' })).text()).length)
      expect(await Promise.all(answers)).toEqual([2, 2])
    }
  })

  it('of 300 MB come row by row', async () => {
    let rows = 0
    const sql = "select repeat('x', 1000) as text from numbers(300000)"
    const row = z.object({ text: z.string() })
    for await (const { text } of clickhouse.stream({ sql, row })) rows += text.length === 1000 ? 1 : 0
    expect(rows).toBe(300_000)
  })
})

it('lets nobody in without the password, but tells anybody that it is alive', async () => {
  for (const given of ['', `Basic ${btoa('davylamp:wrong')}`, `Basic ${btoa('default:')}`]) {
    const refused = await ask({}, { body: 'select 1', headers: { authorization: given } })
    expect(refused.status).toBe(403)
    expect(refused.headers.get('x-clickhouse-exception-code')).toBe('516')
  }
  const headers = { authorization: '', 'x-clickhouse-user': url.username, 'x-clickhouse-key': url.password }
  expect(await (await ask({}, { body: 'select 1', headers })).text()).toBe('1\n')
  expect(await (await fetch(`${url.origin}/ping`)).text()).toBe('Ok.\n')
})

it('syncs inserts to disk and keeps no system log tables', async () => {
  const row = z.object({ name: z.string(), value: z.string() })
  const sql =
    "select name, value from system.merge_tree_settings where name in ('fsync_after_insert', 'fsync_part_directory') order by name"
  expect(await clickhouse.query({ sql, row })).toEqual([
    { name: 'fsync_after_insert', value: '1' },
    { name: 'fsync_part_directory', value: '1' },
  ])
  const logs = "select name from system.tables where database = 'system' and name like '%_log'"
  expect(await clickhouse.query({ sql: logs, row: z.object({ name: z.string() }) })).toEqual([])
})

it('has the engine’s text index and projections', async () => {
  const name = `${table}_text`
  await clickhouse.command(`
    create table ${name} (id UInt64, text String, index words text type text(tokenizer = 'splitByNonAlpha'),
      projection by_text (select id, text order by text)) engine = MergeTree order by id`)
  await clickhouse.insertRows({
    table: name,
    rows: [
      { id: 1, text: 'a rare word' },
      { id: 2, text: 'others' },
    ],
  })
  const sql = `select id from ${name} where hasToken(text, 'rare')`
  expect(await clickhouse.query({ sql, row: z.unknown() })).toEqual([{ id: '1' }])
  await clickhouse.command(`drop table ${name}`)
})
