import type { LoaderFunctionArgs } from '@remix-run/node'
import { readRange } from '../../../db/domain/time.ts'
import { traceFacets } from '../../../db/traces.ts'
import { requireProject } from '../../access.server.ts'

/** The values that filters can take in the window of the URL, asked for when the filter menu opens. */
export async function loader(args: LoaderFunctionArgs) {
  const { services, project } = await requireProject(args)
  const range = readRange(new URL(args.request.url).searchParams, new Date())
  return Response.json(await traceFacets(services.clickhouse, { projectId: project.id, ...range }))
}
