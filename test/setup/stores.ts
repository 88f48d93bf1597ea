import { join } from 'node:path'
import type { TestProject } from 'vitest/node'
import { loadConfig } from '../../db/config.ts'
import { createLogger } from '../../db/log.ts'
import { migrate } from '../../db/migrate.ts'
import { openStores } from '../../db/stores.ts'
import { temporaryDir } from './product.ts'

declare module 'vitest' {
  export interface ProvidedContext {
    clickhouseUrl: string
    databaseUrl: string
    /** For what roles keep on disk themselves; removed after the run. */
    dataDir: string
  }
}

/** Starts one pair of embedded stores for the whole run; each test file opens its own connections to them. */
export default async function setup(project: TestProject) {
  const folder = temporaryDir()
  const config = loadConfig({ DATA_DIR: join(folder.path, 'data') })
  const stores = await openStores(config, createLogger('warn'))
  await migrate(stores, config)
  project.provide('clickhouseUrl', stores.urls.clickhouse)
  project.provide('databaseUrl', stores.urls.postgres)
  project.provide('dataDir', join(folder.path, 'roles'))
  return async () => {
    await stores.close()
    folder.remove()
  }
}
