import type { AppLoadContext } from '@remix-run/node'
import { fromNodeHeaders } from 'better-auth/node'
import type { Request, Response } from 'express'
import type { Services } from '../db/services.ts'
import type { SignedIn } from './context.ts'

/** What loaders and actions get: the running services and who asks. */
export const loadContext =
  (services: Services) =>
  async (request: Request, response: Response): Promise<AppLoadContext> => ({
    services,
    user: await signedIn(services, request),
    nonce: response.locals.nonce,
  })

async function signedIn({ auth }: Services, request: Request): Promise<SignedIn | undefined> {
  if (!request.headers.cookie) return undefined
  const session = await auth.api.getSession({ headers: fromNodeHeaders(request.headers) })
  return session ? { id: session.user.id, name: session.user.name, email: session.user.email } : undefined
}
