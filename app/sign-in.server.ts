import { voidResets } from '../db/accounts.ts'
import { clientAddressHeader, oidcProvider } from '../db/auth.ts'
import type { Services } from '../db/services.ts'

type Refusal = { ok: false; message: string; status: number }
export type SignInAnswer = { ok: true; headers: Headers } | Refusal

/**
 * Signs in through the same HTTP handler that a client would use, so that its rate limit holds here too. The answer's
 * headers carry the session cookie.
 */
export async function signIn(
  { auth, config }: Pick<Services, 'auth' | 'config'>,
  request: Request,
  credentials: { email: string; password: string },
): Promise<SignInAnswer> {
  const answer = await ask({ auth, config }, request, { path: 'sign-in/email', body: credentials })
  if (answer.ok) return { ok: true, headers: cookies(answer) }
  return tooMany(answer) ?? { ok: false, status: 401, message: 'This e-mail and password do not belong together.' }
}

const providerMs = 10_000

/** Where the OpenID Connect provider lets the visitor in, who then comes back to a path of ours. */
export async function signInElsewhere(
  { oidc, config }: Pick<Services, 'oidc' | 'config'>,
  request: Request,
  to: string,
): Promise<{ url: string; headers: Headers } | { error: string }> {
  if (!oidc) return { error: 'no_answer' }
  const body = {
    provider: oidcProvider,
    callbackURL: `${config.publicUrl}${to}`,
    errorCallbackURL: `${config.publicUrl}/sign-in?${new URLSearchParams({ to })}`,
    disableRedirect: true,
  }
  const late = new Promise<undefined>(resolve => setTimeout(() => resolve(undefined), providerMs).unref())
  const answer = await Promise.race([ask({ auth: oidc, config }, request, { path: 'sign-in/social', body }), late])
  if (!answer?.ok) return { error: answer?.status === 429 ? 'too_many' : 'no_answer' }
  const { url } = (await answer.json()) as { url?: string }
  return url ? { url, headers: cookies(answer) } : { error: 'no_answer' }
}

/** What the provider's refusal means, by the code with which it came back. */
export function sayRefusal(code: string): string {
  if (code === 'unable_to_create_user' || code === 'signup_disabled')
    return 'You have no account here: ask an owner or admin of a project to invite your e-mail address.'
  if (code === 'no_answer') return 'The sign-in service does not answer: try again soon, or use a password.'
  if (code === 'too_many') return 'Too many attempts: try again in a minute.'
  if (code === 'access_denied') return 'The sign-in was broken off.'
  if (code.startsWith('email')) return 'The sign-in service did not tell your e-mail address.'
  return `The sign-in did not succeed (${code.slice(0, 60)}): try again.`
}

/** Gives who is signed in another password, and ends their other sessions and links for a new one; in the same way. */
export async function changePassword(
  parts: Pick<Services, 'auth' | 'config' | 'postgres'>,
  request: Request,
  { userId, current, password }: { userId: string; current: string; password: string },
): Promise<SignInAnswer> {
  const body = { currentPassword: current, newPassword: password, revokeOtherSessions: true }
  const answer = await ask(parts, request, { path: 'change-password', body })
  if (!answer.ok) return tooMany(answer) ?? { ok: false, status: 400, message: 'This is not the password of now.' }
  await voidResets(parts.postgres, userId)
  return { ok: true, headers: cookies(answer) }
}

/** Has a link mailed to who has this address, if anybody has; the answer does not tell that. */
export async function askForReset(
  parts: Pick<Services, 'auth' | 'config'>,
  request: Request,
  email: string,
): Promise<{ ok: true } | Refusal> {
  const answer = await ask(parts, request, { path: 'request-password-reset', body: { email } })
  if (answer.ok) return { ok: true }
  return tooMany(answer) ?? { ok: false, status: 500, message: 'The link could not be made: try again.' }
}

/** Gives the account that a mailed token is for another password, and ends its sessions; in the same way. */
export async function resetPassword(
  parts: Pick<Services, 'auth' | 'config'>,
  request: Request,
  body: { token: string; newPassword: string },
): Promise<{ ok: true } | Refusal> {
  const answer = await ask(parts, request, { path: 'reset-password', body })
  if (answer.ok) return { ok: true }
  const message = 'This link opens nothing any more: it was used, or it is older than an hour. Ask for another.'
  return tooMany(answer) ?? { ok: false, status: 400, message }
}

function ask(
  { auth, config }: Pick<Services, 'auth' | 'config'>,
  request: Request,
  { path, body }: { path: string; body: object },
) {
  const own = (name: string) => ({ [name]: request.headers.get(name) ?? '' })
  return auth.handler(
    new Request(`${config.publicUrl}/api/auth/${path}`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        origin: config.publicUrl,
        ...own('cookie'),
        ...own(clientAddressHeader),
        ...own('user-agent'),
      },
      body: JSON.stringify(body),
    }),
  )
}

function tooMany(answer: Response): Refusal | undefined {
  if (answer.status !== 429) return undefined
  const seconds = answer.headers.get('x-retry-after') ?? '60'
  return { ok: false, status: 429, message: `Too many attempts: try again in ${seconds} seconds.` }
}

export async function signOut({ auth }: Pick<Services, 'auth'>, request: Request): Promise<Headers> {
  const answer = await auth.api.signOut({ headers: request.headers, asResponse: true })
  return cookies(answer)
}

function cookies(answer: Response) {
  const headers = new Headers()
  for (const cookie of answer.headers.getSetCookie()) headers.append('set-cookie', cookie)
  return headers
}

/** Where to go after sign-in: only a path of our own. */
export function safePath(to: string | null): string {
  if (!to?.startsWith('/') || !URL.canParse(to, 'http://own')) return '/'
  const { host, pathname, search } = new URL(to, 'http://own')
  // `/..//host` is a path until its dots are taken out: what is left names another host.
  return host === 'own' && !pathname.startsWith('//') ? pathname + search : '/'
}
