import { type LoaderFunctionArgs, redirect } from '@remix-run/node'
import { notFound } from '../../access.server.ts'
import { safePath, signInElsewhere } from '../../sign-in.server.ts'

/** A page of its own, since a form may lead to no other site (form-action). */
export async function loader({ context, request }: LoaderFunctionArgs) {
  if (!context.services.config.oidc) throw notFound('There is no other way to sign in than by password.')
  const to = safePath(new URL(request.url).searchParams.get('to'))
  const asked = await signInElsewhere(context.services, request, to)
  if ('error' in asked) throw redirect(`/sign-in?${new URLSearchParams({ to, error: asked.error })}`)
  throw redirect(asked.url, { headers: asked.headers })
}
