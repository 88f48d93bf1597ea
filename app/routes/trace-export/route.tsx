import type { LoaderFunctionArgs } from '@remix-run/node'
import { listSignals } from '../../../db/signals.ts'
import { exportSpans } from '../../../db/trace-spans.ts'
import { findTrace } from '../../../db/traces.ts'
import { notFound, requireProject } from '../../access.server.ts'
import { windowOf } from '../trace/trace.server.ts'

/** The trace as one JSON file: its sums, every span whole, and what people said. */
export async function loader(args: LoaderFunctionArgs) {
  const { services, project } = await requireProject(args)
  const { traceId = '' } = args.params
  const trace = await findTrace(services.clickhouse, { projectId: project.id, traceId })
  if (!trace) throw notFound('This project has no trace with this id.')
  const [spans, signals] = await Promise.all([
    exportSpans(services.clickhouse, windowOf(project.id, trace)),
    listSignals(services.clickhouse, { projectId: project.id, traceId }),
  ])
  return new Response(JSON.stringify({ trace, spans, signals }, null, 2), {
    headers: {
      'content-type': 'application/json; charset=utf-8',
      'content-disposition': `attachment; filename="trace-${trace.traceId}.json"`,
    },
  })
}
