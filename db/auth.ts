import { betterAuth } from 'better-auth'
import { drizzleAdapter } from 'better-auth/adapters/drizzle'
import type { Config } from './config.ts'
import type { Logger } from './log.ts'
import type { Postgres } from './postgres.ts'
import { authAccounts, authSessions, authVerifications, users } from './schema.ts'

/** The header in which the web server hands on the client's address; a client's own copy of it is dropped. */
export const clientAddressHeader = 'x-davylamp-client'

const local = /^(localhost|127\.0\.0\.1|\[::1\])(:\d+)?$/

export type Auth = ReturnType<typeof createAuth>

/**
 * E-mail and password sign-in with cookie sessions. Nobody can sign up over HTTP: accounts are made by the first visit
 * or by an invitation. Ten attempts a minute and client address.
 */
export function createAuth({
  postgres,
  config,
  secret,
  log,
}: {
  postgres: Pick<Postgres, 'orm'>
  secret: string
  config: Pick<Config, 'publicUrl'>
  log?: Logger
}) {
  return betterAuth({
    appName: 'Davylamp',
    baseURL: config.publicUrl,
    basePath: '/api/auth',
    secret,
    database: drizzleAdapter(postgres.orm, {
      provider: 'pg',
      schema: { user: users, session: authSessions, account: authAccounts, verification: authVerifications },
    }),
    emailAndPassword: { enabled: true, disableSignUp: true, minPasswordLength: 10, maxPasswordLength: 200 },
    session: { expiresIn: 30 * 24 * 3600, updateAge: 24 * 3600 },
    rateLimit: {
      enabled: true,
      window: 60,
      max: 300,
      customRules: {
        '/sign-in/email': { window: 60, max: 10 },
        '/change-password': { window: 60, max: 10 },
        '/get-session': false,
      },
    },
    advanced: {
      cookiePrefix: 'davylamp',
      database: { generateId: () => crypto.randomUUID() },
      ipAddress: { ipAddressHeaders: [clientAddressHeader] },
    },
    trustedOrigins: request => [config.publicUrl, ...ownOrigins(request)],
    telemetry: { enabled: false },
    logger: {
      level: 'warn',
      log: (level, message, ...rest) =>
        log?.[level === 'error' ? 'error' : 'warn'](message, rest.length > 0 ? { detail: rest } : {}),
    },
  })
}

/** On a laptop people open localhost as well as 127.0.0.1: a local host may sign in from itself. */
function ownOrigins(request: Request | undefined) {
  const host = request?.headers.get('host') ?? ''
  return local.test(host) ? [`http://${host}`] : []
}
