import type { LoaderFunctionArgs } from '@remix-run/node'
import { notFound, requireProject } from '../../access.server.ts'
import { readGrowth } from '../trace/trace.server.ts'

/** Whether a trace has changed, and may change further, without the spans themselves. */
export async function loader(args: LoaderFunctionArgs) {
  const { services, project } = await requireProject(args)
  const growth = await readGrowth(services.clickhouse, project.id, args.params.traceId ?? '')
  if (!growth) throw notFound('This project has no trace with this id.')
  return Response.json(growth)
}
