import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { loadConfig } from '../db/config.ts'
import { createLogger } from '../db/log.ts'
import { openServices, type Services } from '../db/services.ts'

/** Runs work on embedded stores of its own, in a temporary folder that is removed afterwards. */
export async function withStores(work: (services: Services) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'davylamp-bench-'))
  const config = loadConfig({ DATA_DIR: join(folder, 'data'), PORT: '0', OTLP_HTTP_PORT: '0', OTLP_GRPC_PORT: '0' })
  const services = await openServices(config, createLogger('warn'))
  try {
    await work(services)
  } finally {
    await services.close()
    rmSync(folder, { recursive: true, force: true })
  }
}
