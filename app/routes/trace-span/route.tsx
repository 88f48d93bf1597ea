import type { LoaderFunctionArgs } from '@remix-run/node'
import { getSpan } from '../../../db/trace-spans.ts'
import { findTrace } from '../../../db/traces.ts'
import { notFound, requireProject } from '../../access.server.ts'
import { windowOf } from '../trace/trace.server.ts'

/** One span whole, for the panel beside the tree. `from` and `to` (epoch ms) spare finding the trace again. */
export async function loader(args: LoaderFunctionArgs) {
  const { services, project } = await requireProject(args)
  const { traceId = '', spanId = '' } = args.params
  const params = new URL(args.request.url).searchParams
  const [fromMs, toMs] = [Number(params.get('from')), Number(params.get('to'))]
  const known = fromMs > 0 && toMs >= fromMs ? { projectId: project.id, traceId, fromMs, toMs } : undefined
  const window = known ?? (await findWindow())
  const span = window && (await getSpan(services.clickhouse, { ...window, spanId }))
  if (!span) throw notFound('This trace has no span with this id.')
  return Response.json({ span })

  async function findWindow() {
    const trace = await findTrace(services.clickhouse, { projectId: project.id, traceId })
    return trace && windowOf(project.id, trace)
  }
}
