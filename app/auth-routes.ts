import { toNodeHandler } from 'better-auth/node'
import { Router } from 'express'
import { oidcProvider } from '../db/auth.ts'
import type { Services } from '../db/services.ts'

/** Where the OpenID Connect provider sends people back to. Nothing else of better-auth is to be reached from outside. */
export function authRoutes({ oidc }: Pick<Services, 'oidc'>): Router {
  const routes = Router()
  if (!oidc) return routes
  const handler = toNodeHandler(oidc)
  // better-auth finds its own path by what Express has not cut off, so this is no route with a path.
  return routes.use((request, response, next) => {
    if (request.method !== 'GET' || request.path !== `/callback/${oidcProvider}`) return next()
    handler(request, response).catch(next)
  })
}
