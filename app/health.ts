import { Router } from 'express'
import { openPublicHealth } from '../db/health.ts'
import type { Services } from '../db/services.ts'

/** `/healthz`: the process answers. `/readyz`: its stores do too, else 503 naming the one that does not, and no more: anybody may ask. */
export function healthRoutes(services: Services): Router {
  const ready = openPublicHealth(services)
  return Router()
    .get('/healthz', (_request, response) => void response.type('text').send('ok\n'))
    .get('/readyz', (_request, response, next) => {
      ready().then(health => response.status(health.ok ? 200 : 503).json(health), next)
    })
}
