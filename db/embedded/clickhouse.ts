import { join } from 'node:path'
import type { Logger } from '../log.ts'
import { BodyFiles } from './body-files.ts'
import { type Child, startChild } from './child.ts'

/**
 * Starts chDB in a child process behind ClickHouse's HTTP interface, its data in `DATA_DIR/clickhouse`. It takes bodies
 * of inserts by file too.
 */
export async function startClickHouse(options: {
  dataDir: string
  password: string
  log: Logger
}): Promise<Child & { url: string; bodies: BodyFiles }> {
  const { dataDir, password, log } = options
  const folder = join(dataDir, 'clickhouse')
  const child = await startChild({
    name: 'embedded ClickHouse',
    module: join(import.meta.dirname, 'clickhouse-server.ts'),
    // Heavy queries must not take all threads that also serve files; and days are UTC days. Memory that an insert used is
    // kept for a minute, for the next ones: to give it back and have it cleared anew costs a fifth of an insert.
    env: { NODE_ENV: 'production', UV_THREADPOOL_SIZE: '16', TZ: 'UTC', JE_MALLOC_CONF: 'dirty_decay_ms:60000' },
    folder,
    start: { dataDir: folder, port: 0, user: 'davylamp', password },
    logFile: join(dataDir, 'logs', 'clickhouse.log'),
    log,
  })
  return { ...child, url: `http://davylamp:${password}@127.0.0.1:${child.port}`, bodies: new BodyFiles(folder) }
}
