import { type ActionFunctionArgs, data, type LoaderFunctionArgs, type MetaFunction, redirect } from '@remix-run/node'
import { Form, useActionData, useLoaderData, useNavigation } from '@remix-run/react'
import { z } from 'zod'
import { newPassword, personName } from '../../../db/accounts.ts'
import { acceptInvite, findInvite } from '../../../db/invites.ts'
import { Button, ButtonLink } from '../../components/button.tsx'
import { Elsewhere } from '../../components/elsewhere.tsx'
import { Field } from '../../components/field.tsx'
import { FrontDoor } from '../../components/front-door.tsx'
import { Input } from '../../components/input.tsx'
import { ErrorState } from '../../components/states.tsx'
import { parseForm } from '../../form.ts'
import { signIn } from '../../sign-in.server.ts'

export const meta: MetaFunction = () => [{ title: 'Invitation · Davylamp' }]

const newAccount = z.object({ name: personName, password: newPassword })

const tokenOf = (request: Request) => new URL(request.url).searchParams.get('token') ?? ''

export async function loader({ context, request }: LoaderFunctionArgs) {
  const token = tokenOf(request)
  const invite = await findInvite(context.services.postgres, token)
  if (!invite) return data({ invite: null, token, signedIn: null }, { status: 404 })
  const { project, email, role, hasAccount } = invite
  const elsewhere = context.services.config.oidc?.name ?? null
  return data({
    invite: { project, email, role, hasAccount, elsewhere },
    token,
    signedIn: context.user?.email ?? null,
  })
}

export async function action({ context, request }: ActionFunctionArgs) {
  const { services, user } = context
  const token = tokenOf(request)
  if (user) {
    const joined = await acceptInvite(services.postgres, token, { userId: user.id })
    if (!joined) throw redirect(`/invite?token=${encodeURIComponent(token)}`)
    throw redirect(`/p/${joined.projectId}/overview`)
  }
  const form = parseForm(newAccount, await request.formData(), ['password'])
  if (!form.ok) return data({ errors: form.errors, values: form.values }, { status: 400 })
  const joined = await acceptInvite(services.postgres, token, { account: form.value })
  if (!joined) throw redirect(`/invite?token=${encodeURIComponent(token)}`)
  const signedIn = await signIn(services, request, { email: joined.email, password: form.value.password })
  if (!signedIn.ok) throw redirect('/sign-in')
  throw redirect(`/p/${joined.projectId}/overview`, { headers: signedIn.headers })
}

export default function Invitation() {
  const { invite, token, signedIn } = useLoaderData<typeof loader>()
  const sent = useActionData<typeof action>()
  const busy = useNavigation().state !== 'idle'
  if (!invite) {
    return (
      <FrontDoor title="Invitation">
        <ErrorState
          title="This link opens nothing any more."
          actions={<ButtonLink to={signedIn ? '/' : '/sign-in'}>Sign in</ButtonLink>}
        >
          It was used, taken back or made anew, or it is older than seven days. Ask who sent it for another.
        </ErrorState>
      </FrontDoor>
    )
  }
  const { project, email, role, hasAccount, elsewhere } = invite
  const here = `/invite?token=${encodeURIComponent(token)}`
  const lead = (
    <>
      You are invited into <strong className="text-ink">{project}</strong> as {role}, as {email}.
    </>
  )
  if (signedIn && signedIn !== email) {
    return (
      <FrontDoor title="Invitation" lead={lead}>
        <ErrorState
          title={`You are signed in as ${signedIn}.`}
          actions={
            <Form method="post" action="/sign-out">
              <Button type="submit">Sign out</Button>
            </Form>
          }
        >
          Sign out, then open the link again.
        </ErrorState>
      </FrontDoor>
    )
  }
  if (signedIn) {
    return (
      <FrontDoor title="Invitation" lead={lead}>
        <Form method="post" className="grid">
          <Button type="submit" look="primary" busy={busy}>
            Join {project}
          </Button>
        </Form>
      </FrontDoor>
    )
  }
  if (hasAccount) {
    return (
      <FrontDoor title="Invitation" lead={lead}>
        <div className="grid">
          <ButtonLink look="primary" to={`/sign-in?to=${encodeURIComponent(here)}`}>
            Sign in to join
          </ButtonLink>
        </div>
      </FrontDoor>
    )
  }
  return (
    <FrontDoor title="Invitation" lead={lead}>
      {elsewhere && <Elsewhere name={elsewhere} to={here} />}
      <Form method="post" className="grid gap-4" noValidate>
        <input type="hidden" name="email" autoComplete="username" value={email} readOnly />
        <Field label="Your name" error={sent?.errors.name}>
          <Input name="name" autoComplete="name" required defaultValue={sent?.values.name} />
        </Field>
        <Field label="Password" hint="At least 10 characters." error={sent?.errors.password}>
          <Input name="password" type="password" autoComplete="new-password" required />
        </Field>
        <Button type="submit" look="primary" busy={busy}>
          Make an account and join
        </Button>
      </Form>
    </FrontDoor>
  )
}
