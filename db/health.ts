import { createServer } from 'node:http'
import { listen } from './listen.ts'
import type { Running, Services } from './services.ts'

export type Health = { ok: boolean; stores: Record<string, 'ok' | string> }

/** Asks each store; a store that does not answer within 2 s counts as down, with its error's words. */
export async function checkHealth(services: Pick<Services, 'clickhouse' | 'postgres' | 'queues'>): Promise<Health> {
  const asked = {
    clickhouse: services.clickhouse.ping(),
    postgres: services.postgres.sql`select 1`,
    queue: services.queues.waiting('runs'),
  }
  const answers = Object.entries(asked).map(async ([name, answer]) => [name, await verdict(answer)] as const)
  const stores = Object.fromEntries(await Promise.all(answers))
  return { ok: Object.values(stores).every(state => state === 'ok'), stores }
}

/** What anybody may know: which store is down. Its error names hosts and ports, so that goes to the log, once while it lasts. */
export function openPublicHealth(services: Pick<Services, 'clickhouse' | 'postgres' | 'queues' | 'log'>) {
  let told = ''
  return async (): Promise<Health> => {
    const { ok, stores } = await checkHealth(services)
    const down = Object.entries(stores).filter(([, state]) => state !== 'ok')
    const now = JSON.stringify(down)
    if (!ok && now !== told) services.log.warn('a store does not answer', Object.fromEntries(down))
    told = now
    return { ok, stores: { ...stores, ...Object.fromEntries(down.map(([name]) => [name, 'down'])) } }
  }
}

/**
 * Serves two pages: `GET /healthz`, 200 when every store answers, else 503 and which does not, and `GET /metrics`, what a
 * Prometheus asks for.
 */
export async function startHealth(services: Services, port: number): Promise<Running> {
  services.monitor.asks(
    { name: 'davylamp_store_up', help: 'Whether a store answers (1) or not (0).', labels: ['store'] },
    async () =>
      Object.entries((await checkHealth(services)).stores).map(([store, is]) => [{ store }, is === 'ok' ? 1 : 0]),
  )
  const health = openPublicHealth(services)
  const server = createServer(async (request, response) => {
    const path = request.url?.split('?')[0]
    if (path === '/healthz') {
      const found = await health()
      response.writeHead(found.ok ? 200 : 503, { 'content-type': 'application/json' }).end(JSON.stringify(found))
    } else if (path === '/metrics') {
      const { contentType, text } = await services.monitor.scrape()
      response.writeHead(200, { 'content-type': contentType }).end(text)
    } else response.writeHead(404).end()
  })
  const { host } = services.config
  const url = `http://${host}:${await listen(server, { port, host, setting: 'HEALTH_PORT' })}/healthz`
  const stop = () => new Promise<void>(resolve => server.close(() => resolve()).closeAllConnections())
  return { name: 'health', urls: [url], stop }
}

async function verdict(answer: PromiseLike<unknown>) {
  const late = new Promise((_, reject) => setTimeout(() => reject(new Error('no answer within 2 s')), 2000).unref())
  return Promise.race([answer, late]).then(
    () => 'ok',
    (error: Error) => error.message,
  )
}
