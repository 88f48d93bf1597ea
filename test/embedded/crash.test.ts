import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { z } from 'zod'
import { openClickHouse } from '../../db/clickhouse.ts'
import type { Child } from '../../db/embedded/child.ts'
import { startClickHouse } from '../../db/embedded/clickhouse.ts'
import { startPostgres } from '../../db/embedded/postgres.ts'
import type { Logger } from '../../db/log.ts'
import { openPostgres } from '../../db/postgres.ts'
import { processesUsing, temporaryDir } from '../setup/product.ts'

const folder = temporaryDir()
const started: Child[] = []
const lines: string[] = []
const keep = (message: string) => void lines.push(message)
const log: Logger = { debug: keep, info: keep, warn: keep, error: keep }

afterAll(async () => {
  for (const child of started) await child.stop()
  folder.remove()
})

/** Tries again until it works: what a caller does while a store is being restarted. */
async function persist<T>(work: () => PromiseLike<T>): Promise<T> {
  for (const until = Date.now() + 20_000; ; ) {
    try {
      return await work()
    } catch (error) {
      if (Date.now() > until) throw error
      await new Promise(resolve => setTimeout(resolve, 20))
    }
  }
}

it('a killed engine comes back on the same URL with every acknowledged row, none torn and none twice', async () => {
  const engine = await startClickHouse({ dataDir: join(folder.path, 'engine'), password: 'secret', log })
  started.push(engine)
  const clickhouse = openClickHouse({ url: engine.url })
  await clickhouse.command(`create table kept (batch UInt32, n UInt32) engine = MergeTree order by (batch, n)
    settings non_replicated_deduplication_window = 1000`)
  const blocks = await Promise.all(Array.from({ length: 120 }, (_, batch) => block(engine.url, batch)))
  const acknowledged: number[] = []
  const columns = ['batch', 'n']
  const countOf = async (batch: number) => {
    const counted = { sql: 'select count() as n from kept where batch = {batch:UInt32}', params: { batch } }
    const [found] = await persist(() => clickhouse.query({ ...counted, row: z.object({ n: z.coerce.number() }) }))
    return found!.n
  }
  const writer = async (own: number[]) => {
    for (const batch of own) {
      const insert = { table: 'kept', columns, body: blocks[batch]!, dedupToken: `batch-${batch}` }
      let tries = 0
      await persist(() => {
        tries += 1
        return clickhouse.insertNative(insert)
      })
      // An engine killed between noting a token and storing its rows takes the second sending for a duplicate.
      if (tries > 1 && (await countOf(batch)) === 0)
        await persist(() => clickhouse.insertNative({ ...insert, dedupToken: `batch-${batch}-again` }))
      acknowledged.push(batch)
    }
  }
  const thirds = [0, 1, 2].map(third => blocks.map((_, batch) => batch).filter(batch => batch % 3 === third))
  const writing = Promise.all(thirds.map(writer))
  for (const after of [15, 45, 75]) {
    await expect.poll(() => acknowledged.length).toBeGreaterThan(after)
    process.kill(engine.pid()!, 'SIGKILL')
  }
  await writing
  const row = z.object({ batch: z.coerce.number(), rows: z.coerce.number() })
  const sql = 'select batch, count() as rows from kept group by batch order by batch'
  const found = await persist(() => clickhouse.query({ sql, row }))
  expect(found).toEqual(blocks.map((_, batch) => ({ batch, rows: 1000 })))
  expect(lines.filter(line => /embedded ClickHouse ended by itself \(SIGKILL\)/.test(line))).toHaveLength(3)
  await clickhouse.close()
})

it('a killed PostgreSQL, and its killed guardian, come back on the same URL with every committed row', async () => {
  const dataDir = join(folder.path, 'relational')
  const server = await startPostgres({ dataDir, password: 'secret', log })
  started.push(server)
  const { sql, close } = openPostgres(server.url)
  await sql`create table kept (n integer primary key)`
  const postmaster = () => Number(readFileSync(join(dataDir, 'postgres/postmaster.pid'), 'utf8').split('\n')[0])
  for (const [round, victim] of [postmaster, () => server.pid()!, postmaster].entries()) {
    const before = postmaster()
    await persist(() => sql`insert into kept values (${round})`)
    process.kill(victim(), 'SIGKILL')
    await expect.poll(() => persist(async () => postmaster())).not.toBe(before)
  }
  expect(await persist(() => sql`select n from kept order by n`.then(rows => rows.map(({ n }) => n)))).toEqual([
    0, 1, 2,
  ])
  await close()
})

it('an engine that cannot stay up ends the process with one sentence', async () => {
  const program = `
    const { startChild } = await import('./db/embedded/child.ts')
    const say = message => console.log(message)
    const log = { debug: say, info: say, warn: say, error: say }
    const child = await startChild({ name: 'embedded ClickHouse', module: 'db/embedded/clickhouse-server.ts', log,
      folder: ${JSON.stringify(folder.path)}, env: {}, logFile: ${JSON.stringify(join(folder.path, 'fragile.log'))},
      start: { port: 0, dataDir: ${JSON.stringify(join(folder.path, 'fragile'))}, user: 'davylamp', password: 'secret' } })
    process.on('uncaughtException', error => { console.log('gave up: ' + error.message); process.exit(1) })
    setInterval(() => { try { process.kill(child.pid(), 'SIGKILL') } catch {} }, 10)`
  const { code, output } = await run(program)
  expect(output).toMatch(/gave up: the embedded ClickHouse ended 5 times in a row; its log \S+fragile.log may tell why/)
  expect(code).toBe(1)
})

it('no store outlives a parent that was killed, and the next start finds its folder free', async () => {
  const dataDir = join(folder.path, 'orphans')
  const program = (end: string) => `
    const { openStores } = await import('./db/stores.ts')
    const { createLogger } = await import('./db/log.ts')
    const stores = await openStores({ dataDir: ${JSON.stringify(dataDir)}, roles: ['web'] }, createLogger('warn'))
    await stores.clickhouse.ping()
    await stores.postgres.sql\`select 1\`
    console.log('both answer')
    ${end}`
  const killed = await run(program(`process.kill(process.pid, 'SIGKILL')`))
  expect(killed.output).toMatch(/both answer/)
  const next = await run(program(`await stores.close(); process.exit(0)`))
  expect(next).toMatchObject({ code: 0, output: expect.stringMatching(/both answer/) })
  await run(program(`process.kill(process.pid, 'SIGKILL')`))
  await expect.poll(() => processesUsing(dataDir), { timeout: 8_000 }).toEqual([])
})

async function block(url: string, batch: number): Promise<Buffer> {
  const { username, password, origin } = new URL(url)
  const authorization = `Basic ${btoa(`${username}:${password}`)}`
  const body = `select toUInt32(${batch}) as batch, toUInt32(number) as n from numbers(1000) format Native`
  const answer = await fetch(origin, { method: 'POST', body, headers: { authorization } })
  return Buffer.from(await answer.arrayBuffer())
}

function run(program: string): Promise<{ code: number | null; output: string }> {
  const root = join(import.meta.dirname, '../..')
  const child = spawn(process.execPath, ['--input-type=module', '-e', program], { cwd: root })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', chunk => (output += chunk))
  return new Promise(resolve => child.once('close', code => resolve({ code, output })))
}
