import { betterAuth } from 'better-auth'
import { drizzleAdapter } from 'better-auth/adapters/drizzle'
import { genericOAuth } from 'better-auth/plugins'
import { voidResets } from './accounts.ts'
import type { Config } from './config.ts'
import { isInvited } from './invites.ts'
import type { Logger } from './log.ts'
import type { Postgres } from './postgres.ts'
import { authAccounts, authSessions, authVerifications, users } from './schema.ts'

/** The header in which the web server hands on the client's address; a client's own copy of it is dropped. */
export const clientAddressHeader = 'x-davylamp-client'

const local = /^(localhost|127\.0\.0\.1|\[::1\])(:\d+)?$/

export type Auth = ReturnType<typeof createAuth>

/** The name of the OpenID Connect provider among those of better-auth; it stands in the URL that it redirects to. */
export const oidcProvider = 'oidc'

/**
 * E-mail and password sign-in with cookie sessions. Nobody can sign up by themselves: accounts are made by the first visit
 * or for who was invited. Ten attempts a minute and client address.
 *
 * With `oidc` it is the same, of the same sessions, for sign-in with an OpenID Connect provider: whom that vouches for
 * signs in to the account of their address. It asks the provider where its endpoints are before it answers anything, so
 * it is one beside the other, which must not wait for that.
 */
export function createAuth({
  postgres,
  config,
  secret,
  log,
  oidc,
  sendReset,
}: {
  postgres: Pick<Postgres, 'orm'>
  secret: string
  config: Pick<Config, 'publicUrl'>
  log?: Logger
  oidc?: Config['oidc']
  /** Sends somebody the token with which they choose a new password. */
  sendReset?: (email: string, token: string) => void
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
    emailAndPassword: {
      enabled: true,
      disableSignUp: true,
      minPasswordLength: 10,
      maxPasswordLength: 200,
      revokeSessionsOnPasswordReset: true,
      onPasswordReset: ({ user }) => voidResets(postgres, user.id),
      ...(sendReset && { sendResetPassword: async ({ user, token }) => sendReset(user.email, token) }),
    },
    verification: { storeIdentifier: 'hashed' },
    plugins: oidc ? [openIdConnect(oidc)] : [],
    account: {
      accountLinking: { enabled: true, trustedProviders: [oidcProvider], requireLocalEmailVerified: false },
      encryptOAuthTokens: true,
    },
    databaseHooks: {
      user: { create: { before: async user => ((await isInvited(postgres, user.email)) ? undefined : false) } },
    },
    session: { expiresIn: 30 * 24 * 3600, updateAge: 24 * 3600 },
    rateLimit: {
      enabled: true,
      window: 60,
      max: 300,
      customRules: {
        '/sign-in/email': { window: 60, max: 10 },
        '/sign-in/social': { window: 60, max: 20 },
        '/change-password': { window: 60, max: 10 },
        '/request-password-reset': { window: 60, max: 5 },
        '/reset-password': { window: 60, max: 10 },
        '/get-session': false,
      },
    },
    advanced: {
      cookiePrefix: 'davylamp',
      database: { generateId: () => crypto.randomUUID() },
      ipAddress: { ipAddressHeaders: [clientAddressHeader] },
    },
    trustedOrigins: request => [config.publicUrl, ...ownOrigins(request)],
    onAPIError: { errorURL: `${config.publicUrl}/sign-in` },
    telemetry: { enabled: false },
    logger: {
      level: 'warn',
      log: (level, message, ...rest) =>
        log?.[level === 'error' ? 'error' : 'warn'](message, rest.length > 0 ? { detail: rest } : {}),
    },
  })
}

const openIdConnect = ({ issuer, clientId, clientSecret, name }: NonNullable<Config['oidc']>) =>
  genericOAuth({
    config: [
      {
        providerId: oidcProvider,
        name,
        clientId,
        clientSecret,
        discoveryUrl: `${issuer}/.well-known/openid-configuration`,
        scopes: ['openid', 'email', 'profile'],
        requireIdTokenVerification: true,
      },
    ],
  })

/** On a laptop people open localhost as well as 127.0.0.1: a local host may sign in from itself. */
function ownOrigins(request: Request | undefined) {
  const host = request?.headers.get('host') ?? ''
  return local.test(host) ? [`http://${host}`] : []
}
