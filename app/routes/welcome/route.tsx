import { type ActionFunctionArgs, data, type LoaderFunctionArgs, type MetaFunction, redirect } from '@remix-run/node'
import { Form, useActionData, useLoaderData, useNavigation } from '@remix-run/react'
import { z } from 'zod'
import { newPassword, personName } from '../../../db/accounts.ts'
import { checkSetupToken, setUp, type TokenFault } from '../../../db/setup-token.ts'
import { Button, ButtonLink } from '../../components/button.tsx'
import { Field } from '../../components/field.tsx'
import { FrontDoor } from '../../components/front-door.tsx'
import { Input } from '../../components/input.tsx'
import { ErrorState } from '../../components/states.tsx'
import { parseForm } from '../../form.ts'
import { keepNewKey } from '../../new-key.server.ts'
import { signIn } from '../../sign-in.server.ts'

export const meta: MetaFunction = () => [{ title: 'Welcome · Davylamp' }]

const firstVisit = z.object({
  token: z.string(),
  name: personName,
  email: z.email('Enter an e-mail address.'),
  password: newPassword,
  projectName: z.string().trim().min(1, 'Name the project.').max(100),
})

export async function loader({ context, request }: LoaderFunctionArgs) {
  const token = new URL(request.url).searchParams.get('token') ?? ''
  const answer = await checkSetupToken(context.services.postgres, token)
  return data({ token, given: token !== '', answer }, { status: answer === 'ok' ? 200 : 403 })
}

export async function action({ context, request }: ActionFunctionArgs) {
  const { services } = context
  const form = parseForm(firstVisit, await request.formData(), ['password', 'token'])
  if (!form.ok) return data({ errors: form.errors, values: form.values, fault: undefined }, { status: 400 })
  const made = await setUp(services.postgres, form.value)
  const none = { errors: {} as Record<string, string>, values: {} as Record<string, string> }
  if (typeof made === 'string') return data({ ...none, fault: made as TokenFault | undefined }, { status: 403 })
  const signedIn = await signIn(services, request, form.value)
  if (!signedIn.ok) throw redirect('/sign-in')
  keepNewKey(services, signedIn.headers, { projectId: made.projectId, key: made.apiKey.key })
  throw redirect(`/p/${made.projectId}/overview`, { headers: signedIn.headers })
}

export default function Welcome() {
  const { token, given, answer } = useLoaderData<typeof loader>()
  const sent = useActionData<typeof action>()
  const busy = useNavigation().state !== 'idle'
  const fault = sent?.fault ?? (answer === 'ok' ? undefined : answer)
  if (fault) return <Refused fault={fault} given={given} />
  return (
    <FrontDoor title="Welcome" lead="Make the owner’s account and the first project. This page works once.">
      <Form method="post" className="grid gap-4" noValidate>
        <input type="hidden" name="token" value={token} />
        <Field label="Your name" error={sent?.errors.name}>
          <Input name="name" autoComplete="name" required autoFocus defaultValue={sent?.values.name} />
        </Field>
        <Field label="E-mail" error={sent?.errors.email}>
          <Input name="email" type="email" autoComplete="username" required defaultValue={sent?.values.email} />
        </Field>
        <Field label="Password" hint="At least 10 characters." error={sent?.errors.password}>
          <Input name="password" type="password" autoComplete="new-password" required />
        </Field>
        <Field
          label="Project"
          hint="The application you want to watch. More can follow."
          error={sent?.errors.projectName}
        >
          <Input name="projectName" required defaultValue={sent?.values.projectName ?? 'My application'} />
        </Field>
        <Button type="submit" look="primary" busy={busy}>
          Start
        </Button>
      </Form>
    </FrontDoor>
  )
}

function Refused({ fault, given }: { fault: TokenFault; given: boolean }) {
  if (fault === 'already_set_up') {
    return (
      <FrontDoor title="Already set up" lead="This link was used: the owner’s account exists.">
        <ButtonLink to="/sign-in" look="primary">
          Sign in
        </ButtonLink>
      </FrontDoor>
    )
  }
  return (
    <FrontDoor title="Welcome">
      <ErrorState
        title={given ? 'This link is not the one of this start.' : 'Open the link that was printed at the start.'}
      >
        The terminal where Davylamp runs shows a line with <code>/welcome?token=…</code>. Each start prints a new one,
        and only the newest works.
      </ErrorState>
    </FrontDoor>
  )
}
