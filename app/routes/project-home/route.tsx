import { type LoaderFunctionArgs, redirect } from '@remix-run/node'
import { requireProject } from '../../access.server.ts'

export async function loader(args: LoaderFunctionArgs) {
  const { project } = await requireProject(args)
  return redirect(`/p/${project.id}/overview`)
}
