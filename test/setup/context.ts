import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { afterAll, inject } from 'vitest'
import { createApiKey } from '../../db/api-keys.ts'
import { type ClickHouse, openClickHouse } from '../../db/clickhouse.ts'
import { type Config, loadConfig } from '../../db/config.ts'
import { createLogger } from '../../db/log.ts'
import { migrate } from '../../db/migrate.ts'
import { openPostgres, type Postgres } from '../../db/postgres.ts'
import { createProject } from '../../db/projects.ts'
import { openServices, type Services } from '../../db/services.ts'
import { openStores } from '../../db/stores.ts'
import { temporaryDir } from './product.ts'

export type TestStores = { clickhouse: ClickHouse; postgres: Postgres; urls: { clickhouse: string; postgres: string } }

let opened: TestStores | undefined

/** Connections to the run's stores, closed after the file's tests. */
export function testStores(): TestStores {
  if (opened) return opened
  const urls = { clickhouse: inject('clickhouseUrl'), postgres: inject('databaseUrl') }
  const clickhouse = openClickHouse({ url: urls.clickhouse })
  const postgres = openPostgres(urls.postgres)
  opened = { clickhouse, postgres, urls }
  afterAll(async () => {
    await Promise.all([clickhouse.close(), postgres.close()])
  })
  return opened
}

/** Settings that point at the run's stores, every port free. */
export function testConfig(env: Record<string, string> = {}): Config {
  return loadConfig({
    CLICKHOUSE_URL: inject('clickhouseUrl'),
    DATABASE_URL: inject('databaseUrl'),
    DATA_DIR: inject('dataDir'),
    PORT: '0',
    OTLP_HTTP_PORT: '0',
    OTLP_GRPC_PORT: '0',
    LOG_LEVEL: 'error',
    ...env,
  })
}

/** All services on the run's stores, closed after the file's tests. */
export async function testServices(env: Record<string, string> = {}): Promise<Services> {
  const config = testConfig(env)
  const services = await openServices(config, createLogger(config.logLevel))
  afterAll(() => services.close())
  return services
}

/** A project of its own and a key for it. */
export async function mintProject(): Promise<{ projectId: string; apiKey: string }> {
  const { postgres } = testStores()
  const projectId = await createProject(postgres, { name: 'Test' })
  const { key } = await createApiKey(postgres, { projectId, name: 'test' })
  return { projectId, apiKey: key }
}

/** A ClickHouse of its own, for what rewrites the rows of whole parts; its URL. It is stopped after the file's tests. */
export async function freshClickHouse(databaseUrl: string) {
  const folder = temporaryDir()
  const config = { dataDir: join(folder.path, 'data'), roles: [], databaseUrl }
  const stores = await openStores(config, createLogger('warn'))
  afterAll(async () => {
    await stores.close()
    folder.remove()
  })
  await migrate(stores, {})
  return stores.urls.clickhouse
}

/** A Postgres database of its own, for what works on the rows of all projects; its URL. */
export async function freshDatabase() {
  const shared = inject('databaseUrl')
  const name = `fresh_${randomBytes(6).toString('hex')}`
  const postgres = openPostgres(shared)
  await postgres.sql.unsafe(`create database ${name}`)
  await postgres.close()
  const url = new URL(shared)
  url.pathname = `/${name}`
  return url.toString()
}
