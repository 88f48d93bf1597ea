import type { LoaderFunctionArgs } from '@remix-run/node'
import { requireProject } from '../../access.server.ts'
import { readRuns } from '../runs/read-runs.server.ts'
import { runsQuery } from '../runs/use-older-runs.ts'

/** The runs behind a cursor, for the list as it is scrolled; `query` says which list they belong to. */
export async function loader(args: LoaderFunctionArgs) {
  const { services, project } = await requireProject(args)
  const params = new URL(args.request.url).searchParams
  const after = params.get('cursor')
  const page = await readRuns(services, project.id, params, after ?? undefined)
  return Response.json({ ...page, after, query: runsQuery(params) })
}
