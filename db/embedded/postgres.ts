import { join } from 'node:path'
import type { Logger } from '../log.ts'
import { type Child, startChild } from './child.ts'

/** Starts PostgreSQL under a guardian process, its data in `DATA_DIR/postgres`; the first start makes the cluster. */
export async function startPostgres(options: {
  dataDir: string
  password: string
  log: Logger
}): Promise<Child & { url: string }> {
  const { dataDir, password, log } = options
  const folder = join(dataDir, 'postgres')
  const child = await startChild({
    name: 'embedded PostgreSQL',
    module: join(import.meta.dirname, 'postgres-guardian.ts'),
    env: { NODE_ENV: 'production', PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', TZ: 'UTC' },
    folder,
    start: { folder, port: 0, user: 'davylamp', password },
    logFile: join(dataDir, 'logs', 'postgres.log'),
    log,
  })
  return { ...child, url: `postgres://davylamp:${password}@127.0.0.1:${child.port}/postgres` }
}
