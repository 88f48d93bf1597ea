import { setTimeout as delay } from 'node:timers/promises'
import { type ClickHouse, openClickHouse } from './clickhouse.ts'
import type { Config } from './config.ts'
import type { BodyFiles } from './embedded/body-files.ts'
import { startClickHouse } from './embedded/clickhouse.ts'
import { startPostgres } from './embedded/postgres.ts'
import { openSecrets } from './embedded/secrets.ts'
import { lockDataDir, readOwner } from './lock.ts'
import type { Logger } from './log.ts'
import { openPostgres, type Postgres } from './postgres.ts'

export type StoreUrls = { clickhouse: string; postgres: string; redis?: string }
export type Stores = { clickhouse: ClickHouse; postgres: Postgres; urls: StoreUrls; close(): Promise<void> }
type StoreConfig = Pick<Config, 'dataDir' | 'roles' | 'clickhouseUrl' | 'databaseUrl' | 'redisUrl'>
type Closing = () => Promise<unknown> | unknown

const patienceMs = 30_000

/**
 * Connects to ClickHouse and Postgres. Where no URL is given it locks the data directory and starts that store there.
 * Waits up to 30 s for stores elsewhere, since containers start in any order. Throws one sentence with the cause.
 */
export async function openStores(config: StoreConfig, log: Logger): Promise<Stores> {
  const closing: Closing[] = []
  const close = async () => {
    for (const step of closing.splice(0).reverse()) await step()
  }
  try {
    const { urls, bodies } = await findStores(config, log, closing)
    const clickhouse = openClickHouse({ url: urls.clickhouse, bodies })
    const postgres = openPostgres(urls.postgres)
    closing.push(() => Promise.allSettled([clickhouse.close(), postgres.close()]))
    const open = () => closing.length > 0
    await Promise.all([
      untilAnswers('ClickHouse', urls.clickhouse, () => clickhouse.ping(), { log, open }),
      untilAnswers('Postgres', urls.postgres, () => postgres.sql`select 1`, { log, open }),
    ])
    return { clickhouse, postgres, urls, close }
  } catch (error) {
    await close()
    throw error
  }
}

/** The URLs of the embedded stores of a Davylamp that runs on this data directory. Throws when none does. */
export function readRunning(dataDir: string): StoreUrls {
  const urls = readOwner(dataDir)?.urls
  if (urls?.clickhouse && urls.postgres) return { clickhouse: urls.clickhouse, postgres: urls.postgres }
  throw new Error(`no Davylamp with stores of its own runs on DATA_DIR ${dataDir}: start it, or set DATABASE_URL`)
}

type Found = { url: string; bodies?: BodyFiles }

async function findStores(
  config: StoreConfig,
  log: Logger,
  closing: Closing[],
): Promise<{ urls: StoreUrls; bodies?: BodyFiles }> {
  const { dataDir, roles, clickhouseUrl, databaseUrl, redisUrl: redis } = config
  if (clickhouseUrl && databaseUrl) return { urls: { clickhouse: clickhouseUrl, postgres: databaseUrl, redis } }
  const self = { pid: process.pid, roles: [...roles] }
  const lock = lockDataDir(dataDir, self)
  closing.push(lock.release)
  const { clickhousePassword, postgresPassword } = openSecrets(dataDir)
  const start = async (store: typeof startClickHouse | typeof startPostgres, password: string): Promise<Found> => {
    const child = await store({ dataDir, password, log })
    children.push(child)
    return child
  }
  const children: { stop(): Promise<void> }[] = []
  closing.push(() => Promise.all(children.map(child => child.stop())))
  const started = await Promise.allSettled([
    clickhouseUrl ? { url: clickhouseUrl } : start(startClickHouse, clickhousePassword),
    databaseUrl ? { url: databaseUrl } : start(startPostgres, postgresPassword),
  ])
  const [clickhouse, postgres] = started.map(result => {
    if (result.status === 'rejected') throw result.reason
    return result.value
  }) as [Found, Found]
  const urls = { clickhouse: clickhouse.url, postgres: postgres.url }
  lock.describe({ ...self, urls })
  return { urls: { ...urls, redis }, bodies: clickhouse.bodies }
}

type Waiting = { log: Logger; open(): boolean }

const settings = { ClickHouse: 'CLICKHOUSE_URL', Postgres: 'DATABASE_URL' }

async function untilAnswers(
  name: keyof typeof settings,
  url: string,
  ask: () => PromiseLike<unknown>,
  { log, open }: Waiting,
) {
  const until = Date.now() + patienceMs
  const { host } = new URL(url)
  for (let tries = 0; ; tries++) {
    try {
      return await ask()
    } catch (error) {
      const why = reason(error)
      if (isRefusal(error) || !open() || Date.now() > until)
        throw new Error(`cannot reach ${name} at ${host} (${settings[name]}): ${why}`, { cause: error })
      if (tries === 0) log.info(`waiting for ${name} at ${host}`, { cause: why })
      await delay(500)
    }
  }
}

/** A server that answers but does not let us in will not do so later. */
function isRefusal(error: unknown) {
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  return ['516', '193', '28P01', '28000', '3D000'].includes(code)
}

function reason(error: unknown): string {
  if (error instanceof AggregateError) return reason(error.errors[0])
  return error instanceof Error ? error.message.trim() || String(error.cause ?? error.name) : String(error)
}
