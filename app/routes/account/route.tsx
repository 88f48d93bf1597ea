import { type ActionFunctionArgs, data, type LoaderFunctionArgs, type MetaFunction } from '@remix-run/node'
import { Form, Link, useActionData, useLoaderData, useNavigation } from '@remix-run/react'
import { z } from 'zod'
import { newPassword } from '../../../db/accounts.ts'
import { requireUser } from '../../access.server.ts'
import { Button } from '../../components/button.tsx'
import { Field } from '../../components/field.tsx'
import { FrontDoor } from '../../components/front-door.tsx'
import { Input } from '../../components/input.tsx'
import { parseForm } from '../../form.ts'
import { changePassword } from '../../sign-in.server.ts'

export const meta: MetaFunction = () => [{ title: 'Account · Davylamp' }]

const change = z.object({ current: z.string().min(1, 'Enter the password of now.'), password: newPassword })

export function loader(args: LoaderFunctionArgs) {
  const { name, email } = requireUser(args)
  return { name, email }
}

type Answer = { errors: Record<string, string>; saved: boolean }

export async function action({ context, request }: ActionFunctionArgs) {
  const { id: userId } = requireUser({ context, request })
  const form = parseForm(change, await request.formData(), ['current', 'password'])
  if (!form.ok) return data<Answer>({ errors: form.errors, saved: false }, { status: 400 })
  const answer = await changePassword(context.services, request, { userId, ...form.value })
  if (!answer.ok) return data<Answer>({ errors: { current: answer.message }, saved: false }, { status: answer.status })
  return data<Answer>({ errors: {}, saved: true }, { headers: answer.headers })
}

export default function Account() {
  const { name, email } = useLoaderData<typeof loader>()
  const answer = useActionData<typeof action>()
  const busy = useNavigation().state !== 'idle'
  return (
    <FrontDoor title="Account" lead={`${name}, ${email}`}>
      <Form key={String(answer?.saved)} method="post" className="grid gap-4" noValidate>
        <input type="hidden" name="email" autoComplete="username" value={email} readOnly />
        <Field label="Password of now" error={answer?.errors.current}>
          <Input name="current" type="password" autoComplete="current-password" required />
        </Field>
        <Field label="New password" hint="At least 10 characters." error={answer?.errors.password}>
          <Input name="password" type="password" autoComplete="new-password" required />
        </Field>
        <Button type="submit" look="primary" busy={busy}>
          Change the password
        </Button>
        <p role="status" className="text-center text-muted">
          {answer?.saved && !busy && 'Changed. You are signed out everywhere else.'}
        </p>
        <Link to="/" className="text-center text-muted hover:text-ink">
          Back
        </Link>
      </Form>
    </FrontDoor>
  )
}
