import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, expect, inject, it } from 'vitest'
import { openSecrets } from '../../db/embedded/secrets.ts'
import { lockDataDir } from '../../db/lock.ts'
import { createLogger } from '../../db/log.ts'
import { openStores, readRunning } from '../../db/stores.ts'
import { temporaryDir } from '../setup/product.ts'

const folder = temporaryDir()
const log = createLogger('error')
const self = { pid: process.pid, roles: ['web', 'ingest'] }
afterAll(() => folder.remove())

it('is made when missing, and belongs to one process at a time', () => {
  const dir = join(folder.path, 'deep/er')
  const lock = lockDataDir(dir, self)
  expect(() => lockDataDir(dir, { pid: 1, roles: [] })).toThrow(
    `DATA_DIR ${dir} is in use by another Davylamp (pid ${process.pid}, roles web ingest). Stop it, or choose another ` +
      'DATA_DIR, or share its stores by setting CLICKHOUSE_URL and DATABASE_URL.',
  )
  lock.release()
  lockDataDir(dir, self).release()
})

it('is free again once its owner was killed', async () => {
  const dir = join(folder.path, 'killed')
  const program = `
    const { lockDataDir } = await import('./db/lock.ts')
    lockDataDir(${JSON.stringify(dir)}, { pid: process.pid, roles: ['alerts'] })
    console.log('locked')
    setInterval(() => {}, 1000)`
  const root = join(import.meta.dirname, '../..')
  const owner = spawn(process.execPath, ['--input-type=module', '-e', program], { cwd: root })
  await once(owner.stdout, 'data')
  expect(() => lockDataDir(dir, self)).toThrow(`(pid ${owner.pid}, roles alerts)`)
  owner.kill('SIGKILL')
  await once(owner, 'exit')
  lockDataDir(dir, self).release()
})

it('that cannot be written is refused in one sentence', () => {
  const file = join(folder.path, 'a-file')
  writeFileSync(file, '')
  for (const dir of [file, join(file, 'below'), '/proc/davylamp']) {
    expect(() => lockDataDir(dir, self)).toThrow(
      /^DATA_DIR \S+ cannot be used: .+ Choose a folder that this user may write to\.$/,
    )
  }
})

it('keeps one pair of passwords, for our eyes only', () => {
  const dir = join(folder.path, 'secrets')
  const made = openSecrets(dir)
  expect(openSecrets(dir)).toEqual(made)
  expect(made.clickhousePassword).not.toBe(made.postgresPassword)
  expect(statSync(join(dir, 'secrets.json')).mode & 0o777).toBe(0o600)
  writeFileSync(join(dir, 'secrets.json'), 'torn')
  expect(() => openSecrets(dir)).toThrow(/secrets\.json cannot be read/)
})

it('is not touched when both stores are elsewhere', async () => {
  const dataDir = join(folder.path, 'unused')
  const elsewhere = { clickhouseUrl: inject('clickhouseUrl'), databaseUrl: inject('databaseUrl') }
  const stores = await openStores({ dataDir, roles: ['web'], ...elsewhere, redisUrl: 'redis://localhost:1' }, log)
  expect(stores.urls).toEqual({
    clickhouse: elsewhere.clickhouseUrl,
    postgres: elsewhere.databaseUrl,
    redis: 'redis://localhost:1',
  })
  await stores.close()
  expect(existsSync(dataDir)).toBe(false)
  expect(() => readRunning(dataDir)).toThrow(/no Davylamp with stores of its own runs/)
})

it('is not asked for when a store elsewhere refuses us: that is told at once, with the cause', async () => {
  const dataDir = join(folder.path, 'unused')
  const wrong = (url: string) => url.replace(/:[^:@/]+@/, ':wrong@')
  const [clickhouseUrl, databaseUrl] = [inject('clickhouseUrl'), inject('databaseUrl')]
  const noClickHouse = openStores({ dataDir, roles: [], clickhouseUrl: wrong(clickhouseUrl), databaseUrl }, log)
  await expect(noClickHouse).rejects.toThrow(
    /^cannot reach ClickHouse at 127\.0\.0\.1:\d+ \(CLICKHOUSE_URL\): Authentication failed/,
  )
  const noPostgres = openStores({ dataDir, roles: [], clickhouseUrl, databaseUrl: wrong(databaseUrl) }, log)
  await expect(noPostgres).rejects.toThrow(
    /^cannot reach Postgres at 127\.0\.0\.1:\d+ \(DATABASE_URL\): password authentication failed/,
  )
})
