import { clientAddressHeader } from '../db/auth.ts'
import type { Services } from '../db/services.ts'

export type SignInAnswer = { ok: true; headers: Headers } | { ok: false; message: string; status: number }

/**
 * Signs in through the same HTTP handler that a client would use, so that its rate limit holds here too. The answer's
 * headers carry the session cookie.
 */
export async function signIn(
  { auth, config }: Pick<Services, 'auth' | 'config'>,
  request: Request,
  credentials: { email: string; password: string },
): Promise<SignInAnswer> {
  const answer = await auth.handler(
    new Request(`${config.publicUrl}/api/auth/sign-in/email`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        origin: config.publicUrl,
        [clientAddressHeader]: request.headers.get(clientAddressHeader) ?? '',
        'user-agent': request.headers.get('user-agent') ?? '',
      },
      body: JSON.stringify(credentials),
    }),
  )
  if (answer.ok) return { ok: true, headers: cookies(answer) }
  if (answer.status === 429) {
    const seconds = answer.headers.get('x-retry-after') ?? '60'
    return { ok: false, status: 429, message: `Too many attempts: try again in ${seconds} seconds.` }
  }
  return { ok: false, status: 401, message: 'This e-mail and password do not belong together.' }
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
  if (!to?.startsWith('/') || /^\/[/\\]/.test(to)) return '/'
  const url = new URL(to, 'http://own')
  return url.host === 'own' ? url.pathname + url.search : '/'
}
