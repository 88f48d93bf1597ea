import { type ActionFunctionArgs, data, type LoaderFunctionArgs, type MetaFunction } from '@remix-run/node'
import { useLoaderData } from '@remix-run/react'
import { readRedaction } from '../../../db/redaction.ts'
import { requireAdmin, requireProject } from '../../access.server.ts'
import type { PageHandle } from '../../components/page.tsx'
import { type Answer, changeRedaction } from './redaction.server.ts'
import { RulesForm } from './rules-form.tsx'

export const handle: PageHandle = { crumbs: [{ label: 'Redaction' }] }
export const meta: MetaFunction = () => [{ title: 'Redaction · Davylamp' }]

export async function loader(args: LoaderFunctionArgs) {
  const { services, project } = await requireProject(args)
  return {
    ...(await readRedaction(services.postgres, project.id)),
    mayChange: project.role === 'owner' || project.role === 'admin',
  }
}

export async function action(args: ActionFunctionArgs) {
  const { services, user, project } = await requireAdmin(args)
  const answer = await changeRedaction({ services, user, project, form: await args.request.formData() })
  return data<Answer>(answer, { status: answer.status ?? 200 })
}

export default function Redaction() {
  const { rules, version, mayChange } = useLoaderData<typeof loader>()
  return <RulesForm saved={rules} version={version} mayChange={mayChange} />
}
