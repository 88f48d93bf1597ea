import { type ActionFunctionArgs, data, type LoaderFunctionArgs, type MetaFunction } from '@remix-run/node'
import { Form, Link, useActionData, useLoaderData, useNavigation } from '@remix-run/react'
import { z } from 'zod'
import { Button } from '../../components/button.tsx'
import { CodeBlock } from '../../components/code-block.tsx'
import { Field } from '../../components/field.tsx'
import { FrontDoor } from '../../components/front-door.tsx'
import { Input } from '../../components/input.tsx'
import { parseForm } from '../../form.ts'
import { askForReset } from '../../sign-in.server.ts'

export const meta: MetaFunction = () => [{ title: 'Forgot the password · Davylamp' }]

const asked = z.object({ email: z.email('Enter an e-mail address.') })

export const loader = ({ context }: LoaderFunctionArgs) => ({ mails: context.services.mail !== undefined })

type Answer = { errors: Record<string, string>; sentTo?: string }

export async function action({ context, request }: ActionFunctionArgs) {
  const form = parseForm(asked, await request.formData())
  if (!form.ok) return data<Answer>({ errors: form.errors }, { status: 400 })
  const answer = await askForReset(context.services, request, form.value.email)
  if (!answer.ok) return data<Answer>({ errors: { email: answer.message } }, { status: answer.status })
  return data<Answer>({ errors: {}, sentTo: form.value.email })
}

export default function ForgotPassword() {
  const { mails } = useLoaderData<typeof loader>()
  const answer = useActionData<typeof action>()
  const busy = useNavigation().state !== 'idle'
  const back = (
    <Link to="/sign-in" className="text-center text-muted hover:text-ink">
      Back to sign in
    </Link>
  )
  if (!mails)
    return (
      <FrontDoor title="Forgot the password" lead="This Davylamp has no mail server to send a link by.">
        <div className="grid gap-4">
          <p>Ask who runs it for a new password. On its machine, in its folder:</p>
          <CodeBlock label="Command" text="npm run new-password YOUR-EMAIL" />
          {back}
        </div>
      </FrontDoor>
    )
  if (answer?.sentTo)
    return (
      <FrontDoor title="Look into your mail">
        <div className="grid gap-4">
          <p role="status">
            If {answer.sentTo} has an account here, a link to choose a new password is on its way. It works for one
            hour.
          </p>
          {back}
        </div>
      </FrontDoor>
    )
  return (
    <FrontDoor title="Forgot the password" lead="We mail you a link to choose a new one.">
      <Form method="post" className="grid gap-4" noValidate>
        <Field label="E-mail" error={answer?.errors.email}>
          <Input name="email" type="email" autoComplete="username" required />
        </Field>
        <Button type="submit" look="primary" busy={busy}>
          Send the link
        </Button>
        {back}
      </Form>
    </FrontDoor>
  )
}
