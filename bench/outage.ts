import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { isDeepStrictEqual } from 'node:util'
import { createApiKey } from '../db/api-keys.ts'
import { createProject } from '../db/projects.ts'
import { readRunning } from '../db/stores.ts'
import { nothingLostOrDoubled, settle, startLoad } from '../test/ingest/crash-rounds.ts'
import { freePort, startProduct } from '../test/setup/product.ts'
import { startProxy, type Weather } from '../test/setup/proxy.ts'
import { withStores } from './stores.ts'

export const defaultAmount = 3

const weathers: [name: string, weather: Weather][] = [
  ['refuses', 'refuse'],
  ['hangs', 'hang'],
  ['cuts half-way', { cut: 9_000 }],
]

/**
 * Puts a proxy before ClickHouse that refuses, hangs and cuts connections half-way through, so many minutes each, while
 * clients of all kinds send; then looks whether every acknowledged span is stored once.
 */
export async function bench(minutes: number) {
  const folder = mkdtempSync(join(tmpdir(), 'davylamp-outage-'))
  await withStores(async ({ postgres, config }) => {
    const stores = readRunning(config.dataDir)
    const proxy = await startProxy(stores.clickhouse)
    const projectId = await createProject(postgres, { name: 'Outage' })
    const { key } = await createApiKey(postgres, { projectId, name: 'outage' })
    const [http, grpc] = [await freePort(), await freePort()]
    const ports = { OTLP_HTTP_PORT: String(http), OTLP_GRPC_PORT: String(grpc) }
    const env = { CLICKHOUSE_URL: proxy.url, DATABASE_URL: stores.postgres, LOG_LEVEL: 'info', ...ports }
    const product = await startProduct({ dataDir: folder, roles: ['ingest'], env })
    await product.until(/ingest is ready/)
    const spooled = async () => {
      const answer = await fetch(`${product.otlpUrl}/healthz`)
      return ((await answer.json()) as { spooled: { bytes: number } }).spooled.bytes
    }
    const load = startLoad({ url: `${product.otlpUrl}/v1/traces`, grpcUrl: `http://localhost:${grpc}`, apiKey: key })
    const rows = []
    for (const [name, weather] of weathers) {
      await delay(2_000)
      const before = { ...load.counts }
      proxy.change(weather)
      const end = Date.now() + minutes * 60_000
      let most = 0
      while (Date.now() < end) {
        most = Math.max(most, await spooled())
        await delay(500)
      }
      const during = load.counts.acknowledged - before.acknowledged
      proxy.change('fair')
      const healed = Date.now()
      while ((await spooled()) > 0) await delay(200)
      rows.push({
        ClickHouse: name,
        minutes,
        'acknowledged meanwhile': during,
        'sent again': load.counts.retries - before.retries,
        'most in the spool, MB': Number((most / 1e6).toFixed(1)),
        'drained after, s': Number(((Date.now() - healed) / 1000).toFixed(1)),
      })
    }
    const { acknowledged } = await load.finish()
    const findings = await settle(stores.clickhouse, projectId, acknowledged)
    await product.stop()
    await proxy.close()
    console.table(rows)
    console.table([{ acknowledged, ...findings }])
    if (!isDeepStrictEqual({ acknowledged, ...findings }, nothingLostOrDoubled({ acknowledged })))
      throw new Error('spans were lost or doubled')
  })
  rmSync(folder, { recursive: true, force: true })
}
