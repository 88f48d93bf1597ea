import { Router } from 'express'
import { checkHealth } from '../db/health.ts'
import type { Services } from '../db/services.ts'

/** `/healthz`: the process answers. `/readyz`: its stores do too, else 503 naming the one that does not. */
export function healthRoutes(services: Services): Router {
  return Router()
    .get('/healthz', (_request, response) => void response.type('text').send('ok\n'))
    .get('/readyz', (_request, response, next) => {
      checkHealth(services).then(health => response.status(health.ok ? 200 : 503).json(health), next)
    })
}
