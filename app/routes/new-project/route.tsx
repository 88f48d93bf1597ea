import { type ActionFunctionArgs, data, type LoaderFunctionArgs, type MetaFunction, redirect } from '@remix-run/node'
import { Form, Link, useActionData, useNavigation } from '@remix-run/react'
import { z } from 'zod'
import { createProject, recordAudit } from '../../../db/projects.ts'
import { requireUser } from '../../access.server.ts'
import { Button } from '../../components/button.tsx'
import { Field } from '../../components/field.tsx'
import { FrontDoor } from '../../components/front-door.tsx'
import { Input } from '../../components/input.tsx'
import { parseForm } from '../../form.ts'

export const meta: MetaFunction = () => [{ title: 'New project · Davylamp' }]

const newProject = z.object({ name: z.string().trim().min(1, 'Name the project.').max(100, 'At most 100 characters.') })

export function loader({ context, request }: LoaderFunctionArgs) {
  requireUser({ context, request })
  return null
}

export async function action({ context, request }: ActionFunctionArgs) {
  const user = requireUser({ context, request })
  const form = parseForm(newProject, await request.formData())
  if (!form.ok) return data({ error: form.errors.name }, { status: 400 })
  const { postgres } = context.services
  const projectId = await createProject(postgres, { name: form.value.name, ownerId: user.id })
  await recordAudit(postgres, { projectId, userId: user.id, action: 'project.created', subject: form.value.name })
  throw redirect(`/p/${projectId}/data-in`)
}

export default function NewProject() {
  const answer = useActionData<typeof action>()
  const busy = useNavigation().state !== 'idle'
  return (
    <FrontDoor title="New project" lead="Its traces, runs, keys and settings are its own; you will be its owner.">
      <Form method="post" className="grid gap-4" noValidate>
        <Field label="Name" error={answer?.error}>
          <Input name="name" required maxLength={100} autoFocus />
        </Field>
        <Button type="submit" look="primary" busy={busy}>
          Create
        </Button>
        <Link to="/" className="text-center text-muted hover:text-ink">
          Back
        </Link>
      </Form>
    </FrontDoor>
  )
}
