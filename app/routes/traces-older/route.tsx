import type { LoaderFunctionArgs } from '@remix-run/node'
import { readRange } from '../../../db/domain/time.ts'
import { readFilters } from '../../../db/domain/trace-filters.ts'
import { listTraces } from '../../../db/traces.ts'
import { requireProject } from '../../access.server.ts'
import { pageSize } from '../traces/page-size.ts'
import { listQuery } from '../traces/use-older-traces.ts'

/** The traces behind a cursor, for the list as it is scrolled; `query` says which list they belong to. */
export async function loader(args: LoaderFunctionArgs) {
  const { services, project } = await requireProject(args)
  const params = new URL(args.request.url).searchParams
  const set = { projectId: project.id, ...readRange(params, new Date()), filters: readFilters(params) }
  const after = params.get('cursor')
  const { traces, next } = await listTraces(services.clickhouse, set, {
    cursor: after,
    limit: pageSize,
    signal: args.request.signal,
  })
  return Response.json({ rows: traces, next, after, query: listQuery(params) })
}
