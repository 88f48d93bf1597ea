import { createServer } from 'node:http'
import { createRequestHandler } from '@remix-run/express'
import compression from 'compression'
import express, { type Router } from 'express'
import { plainForwarded } from '../db/forwarded.ts'
import { listen } from '../db/listen.ts'
import type { Running, Services } from '../db/services.ts'
import { createSetupToken } from '../db/setup-token.ts'
import { authRoutes } from './auth-routes.ts'
import { limitBody } from './body-limit.ts'
import { healthRoutes } from './health.ts'
import { loadContext } from './load-context.ts'
import { openPages } from './pages.ts'
import {
  clientAddress,
  firstVisitGate,
  noSniffing,
  privateAnswers,
  publicScript,
  refuseNul,
  sameOrigin,
  securityHeaders,
} from './security.ts'

export type WebOptions = {
  /** Path -> router, mounted before the dashboard: `{ '/v1/runs': runsRouter(services) }`. */
  routers?: Record<string, Router>
  /** Serves the sources through Vite, with hot reload, instead of the build. */
  dev?: boolean
}

/**
 * Serves the dashboard and the mounted routers on config.host and config.port (0 takes a free one). While nobody has an
 * account, its URL is the link of the first visit.
 * Throws with a sentence when the port is taken or the dashboard has not been built.
 */
export async function startWeb(services: Services, { routers = {}, dev = false }: WebOptions = {}): Promise<Running> {
  const { config } = services
  const app = express()
  const server = createServer(app)
  app.disable('x-powered-by')
  app.set('trust proxy', config.trustProxy)
  app.use(plainForwarded)
  app.use(clientAddress)
  app.use(healthRoutes(services))
  for (const [path, router] of Object.entries(routers)) app.use(path, noSniffing, privateAnswers, router)
  // After the routers: a stream of events must not wait for a compressor to fill its block.
  app.use(compression())
  app.use(securityHeaders({ dev, https: config.publicUrl.startsWith('https:') }))
  const pages = await openPages(server, dev)
  app.use(['/davylamp.js', '/davylamp.d.ts'], publicScript)
  app.use(pages.assets)
  app.use(privateAnswers)
  app.use(refuseNul)
  app.use(sameOrigin(config.publicUrl))
  app.use('/api/auth', authRoutes(services))
  app.use(firstVisitGate(services.postgres))
  app.use(limitBody)
  app.all('*', createRequestHandler({ build: pages.build, getLoadContext: loadContext(services), mode: pages.mode }))

  const port = await listen(server, { port: config.port, host: config.host, setting: 'PORT' })
  const url = config.port === 0 ? `http://localhost:${port}` : config.publicUrl
  const token = await createSetupToken(services.postgres)
  return {
    name: 'web',
    urls: [token ? `${url}/welcome?token=${token}` : url],
    async stop() {
      const closed = new Promise(done => server.close(done))
      server.closeIdleConnections()
      setTimeout(() => server.closeAllConnections(), 2_000).unref()
      await Promise.all([closed, pages.close()])
    },
  }
}
