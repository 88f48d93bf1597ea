import type { LoaderFunctionArgs } from '@remix-run/node'
import { requireProject } from '../../access.server.ts'
import { aiState } from '../../ai-state.server.ts'

/** Whether AI is off, for the banner of pages that are open while it is switched. */
export async function loader(args: LoaderFunctionArgs) {
  const { services, project } = await requireProject(args)
  return Response.json(aiState(services, project.id), { headers: { 'cache-control': 'private, no-store' } })
}
