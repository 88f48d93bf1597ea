import { type LoaderFunctionArgs, redirect } from '@remix-run/node'
import { listProjects } from '../../../db/projects.ts'
import { notFound, requireUser } from '../../access.server.ts'

export async function loader({ context, request }: LoaderFunctionArgs) {
  const user = requireUser({ context, request })
  const [first] = await listProjects(context.services.postgres, user.id)
  if (!first) throw notFound('You are not a member of any project. Ask an owner to add you.')
  return redirect(`/p/${first.id}/overview`)
}
