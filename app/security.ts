import { randomBytes } from 'node:crypto'
import type { RequestHandler } from 'express'
import { clientAddressHeader } from '../db/auth.ts'
import type { Postgres } from '../db/postgres.ts'
import { hasUsers } from '../db/setup-token.ts'

/** Hands the client's address to the sign-in limiter in a header that a client cannot set itself. */
export const clientAddress: RequestHandler = (request, _response, next) => {
  request.headers[clientAddressHeader] = request.ip ?? ''
  next()
}

/** A content security policy with a nonce for each answer, and the usual company. Vite's dev client injects styles. */
export function securityHeaders({ dev, https }: { dev: boolean; https: boolean }): RequestHandler {
  return (_request, response, next) => {
    const nonce = randomBytes(16).toString('base64')
    response.locals.nonce = nonce
    const policy = [
      `default-src 'self'`,
      `script-src 'self' 'nonce-${nonce}'`,
      `style-src 'self' ${dev ? `'unsafe-inline'` : `'nonce-${nonce}'`}`,
      `style-src-attr 'unsafe-inline'`,
      `img-src 'self' data:`,
      `connect-src 'self'${dev ? ' ws:' : ''}`,
      `object-src 'none'`,
      `base-uri 'self'`,
      `form-action 'self'`,
      `frame-ancestors 'none'`,
    ]
    response.setHeader('content-security-policy', policy.join('; '))
    response.setHeader('x-content-type-options', 'nosniff')
    response.setHeader('x-frame-options', 'DENY')
    response.setHeader('referrer-policy', 'same-origin')
    response.setHeader('permissions-policy', 'camera=(), microphone=(), geolocation=()')
    response.setHeader('cross-origin-opener-policy', 'same-origin')
    if (https) response.setHeader('strict-transport-security', 'max-age=31536000')
    next()
  }
}

/**
 * Postgres takes no text with the character NUL. No page, project or account has it in its name; where an address asks
 * for something by it, it is left out, as other nonsense there is.
 */
export const refuseNul: RequestHandler = (request, response, next) => {
  if (request.path.includes('%00'))
    return void response
      .status(400)
      .type('text')
      .send('This address holds the character NUL, which stands in none of ours.\n')
  if (request.url.includes('%00')) {
    request.url = request.url.replaceAll('%00', '')
    request.originalUrl = request.originalUrl.replaceAll('%00', '')
  }
  next()
}

/** The browser snippet is for pages of every origin. */
export const publicScript: RequestHandler = (_request, response, next) => {
  response.setHeader('access-control-allow-origin', '*')
  response.setHeader('cross-origin-resource-policy', 'cross-origin')
  next()
}

/** What an API answers is what it says it is: never a page, whatever text is in it. */
export const noSniffing: RequestHandler = (_request, response, next) => {
  response.setHeader('x-content-type-options', 'nosniff')
  next()
}

/** Pages show what only their reader may see: nobody between keeps them. A route may say `no-store`. */
export const privateAnswers: RequestHandler = (_request, response, next) => {
  response.setHeader('cache-control', 'private, no-cache')
  next()
}

/** Refuses state-changing requests that another site's page sent with a visitor's cookie. */
export function sameOrigin(publicUrl: string): RequestHandler {
  const own = new URL(publicUrl).host
  return (request, response, next) => {
    if (['GET', 'HEAD', 'OPTIONS'].includes(request.method)) return next()
    const { origin, host } = request.headers
    const from = origin && URL.canParse(origin) ? new URL(origin).host : undefined
    if (from ? from === host || from === own : request.headers['sec-fetch-site'] === 'same-origin') return next()
    response.status(403).json({ error: { code: 'cross_origin', message: 'This request came from another site.' } })
  }
}

/** Until somebody has an account every page leads to /welcome. */
export function firstVisitGate(postgres: Postgres): RequestHandler {
  let open = false
  return async (request, response, next) => {
    try {
      open ||= await hasUsers(postgres)
      if (open || /^\/(welcome|__manifest)/.test(request.path)) return next()
      response.redirect('/welcome')
    } catch (error) {
      next(error)
    }
  }
}
