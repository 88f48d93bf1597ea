import {
  type ActionFunctionArgs,
  data,
  type HeadersFunction,
  type LoaderFunctionArgs,
  type MetaFunction,
  redirect,
} from '@remix-run/node'
import { Form, Link, useActionData, useNavigation } from '@remix-run/react'
import { z } from 'zod'
import { newPassword } from '../../../db/accounts.ts'
import { Button } from '../../components/button.tsx'
import { Field } from '../../components/field.tsx'
import { FrontDoor } from '../../components/front-door.tsx'
import { Input } from '../../components/input.tsx'
import { ErrorState } from '../../components/states.tsx'
import { parseForm } from '../../form.ts'
import { resetPassword } from '../../sign-in.server.ts'

export const meta: MetaFunction = () => [{ title: 'New password · Davylamp' }]
/** The token stands in the address, which no other site is to see. */
export const headers: HeadersFunction = () => ({ 'referrer-policy': 'no-referrer' })

const chosen = z.object({ password: newPassword })

const tokenOf = (request: Request) => new URL(request.url).searchParams.get('token') ?? ''

export function loader({ request }: LoaderFunctionArgs) {
  if (tokenOf(request) === '') throw redirect('/forgot-password')
  return null
}

type Answer = { errors: Record<string, string>; message?: string }

export async function action({ context, request }: ActionFunctionArgs) {
  const form = parseForm(chosen, await request.formData(), ['password'])
  if (!form.ok) return data<Answer>({ errors: form.errors }, { status: 400 })
  const body = { token: tokenOf(request), newPassword: form.value.password }
  const answer = await resetPassword(context.services, request, body)
  if (!answer.ok) return data<Answer>({ errors: {}, message: answer.message }, { status: answer.status })
  throw redirect('/sign-in?changed')
}

export default function ResetPassword() {
  const answer = useActionData<typeof action>()
  const busy = useNavigation().state !== 'idle'
  return (
    <FrontDoor title="Choose a new password" lead="You are signed out everywhere, then sign in with it.">
      <Form method="post" className="grid gap-4" noValidate>
        {answer?.message && <ErrorState title={answer.message} />}
        <Field label="New password" hint="At least 10 characters." error={answer?.errors.password}>
          <Input name="password" type="password" autoComplete="new-password" required autoFocus />
        </Field>
        <Button type="submit" look="primary" busy={busy}>
          Change the password
        </Button>
        <Link to="/forgot-password" className="text-center text-muted hover:text-ink">
          Ask for another link
        </Link>
      </Form>
    </FrontDoor>
  )
}
