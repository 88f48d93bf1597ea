import { type ActionFunctionArgs, data, type LoaderFunctionArgs, type MetaFunction, redirect } from '@remix-run/node'
import { Form, Link, useActionData, useLoaderData, useNavigation } from '@remix-run/react'
import { z } from 'zod'
import { Button } from '../../components/button.tsx'
import { Elsewhere } from '../../components/elsewhere.tsx'
import { Field } from '../../components/field.tsx'
import { FrontDoor } from '../../components/front-door.tsx'
import { Input } from '../../components/input.tsx'
import { ErrorState } from '../../components/states.tsx'
import { parseForm } from '../../form.ts'
import { safePath, sayRefusal, signIn } from '../../sign-in.server.ts'

export const meta: MetaFunction = () => [{ title: 'Sign in · Davylamp' }]

const credentials = z.object({
  email: z.email('Enter an e-mail address.'),
  password: z.string().min(1, 'Enter your password.'),
})

export function loader({ context, request }: LoaderFunctionArgs) {
  const { searchParams } = new URL(request.url)
  const to = safePath(searchParams.get('to'))
  if (context.user) throw redirect(to)
  const refusal = searchParams.get('error')
  const changed = searchParams.has('changed')
  return {
    to,
    changed,
    elsewhere: context.services.config.oidc?.name,
    refused: refusal === null ? '' : sayRefusal(refusal),
  }
}

export async function action({ context, request }: ActionFunctionArgs) {
  const form = parseForm(credentials, await request.formData(), ['password'])
  if (!form.ok) return data({ errors: form.errors, values: form.values, message: undefined }, { status: 400 })
  const answer = await signIn(context.services, request, form.value)
  if (answer.ok) throw redirect(safePath(new URL(request.url).searchParams.get('to')), { headers: answer.headers })
  const values: Record<string, string> = { email: form.value.email }
  return data({ errors: {} as Record<string, string>, values, message: answer.message }, { status: answer.status })
}

export default function SignIn() {
  const { to, changed, elsewhere, refused } = useLoaderData<typeof loader>()
  const answer = useActionData<typeof action>()
  const busy = useNavigation().state !== 'idle'
  const message = answer?.message ?? refused
  return (
    <FrontDoor title="Sign in" lead={changed && 'The password is changed.'}>
      {elsewhere && <Elsewhere name={elsewhere} to={to} />}
      <Form method="post" className="grid gap-4" noValidate>
        {message && <ErrorState title={message} />}
        <Field label="E-mail" error={answer?.errors.email}>
          <Input
            name="email"
            type="email"
            autoComplete="username"
            required
            autoFocus
            defaultValue={answer?.values.email}
          />
        </Field>
        <Field label="Password" error={answer?.errors.password}>
          <Input name="password" type="password" autoComplete="current-password" required />
        </Field>
        <Button type="submit" look="primary" busy={busy}>
          Sign in
        </Button>
        <Link to="/forgot-password" className="text-center text-muted hover:text-ink">
          Forgot the password?
        </Link>
      </Form>
    </FrontDoor>
  )
}
