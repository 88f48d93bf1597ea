import { toNodeHandler } from 'better-auth/node'
import { Router } from 'express'
import type { Auth } from '../db/auth.ts'

/** better-auth's own endpoints. Express cuts the mount path from `url`; better-auth wants the whole of it. */
export function authRoutes(auth: Auth): Router {
  const handler = toNodeHandler(auth)
  return Router().use((request, response, next) => {
    request.url = request.originalUrl
    handler(request, response).catch(next)
  })
}
