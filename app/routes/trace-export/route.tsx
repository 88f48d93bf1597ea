import { Readable } from 'node:stream'
import { createReadableStreamFromReadable, type LoaderFunctionArgs } from '@remix-run/node'
import { listSignals } from '../../../db/signals.ts'
import { exportSpans, type SpanDetail } from '../../../db/trace-spans.ts'
import { findTrace } from '../../../db/traces.ts'
import { notFound, requireProject } from '../../access.server.ts'
import { windowOf } from '../trace/trace.server.ts'

/** The trace as one JSON file: its sums, what people said, and every span whole; written as it is read. */
export async function loader(args: LoaderFunctionArgs) {
  const { services, project } = await requireProject(args)
  const { traceId = '' } = args.params
  const trace = await findTrace(services.clickhouse, { projectId: project.id, traceId })
  if (!trace) throw notFound('This project has no trace with this id.')
  const signals = await listSignals(services.clickhouse, { projectId: project.id, traceId })
  const pieces = json({ trace, signals }, exportSpans(services.clickhouse, windowOf(project.id, trace)))
  return new Response(createReadableStreamFromReadable(Readable.from(pieces)), {
    headers: {
      'content-type': 'application/json; charset=utf-8',
      'content-disposition': `attachment; filename="trace-${trace.traceId}.json"`,
    },
  })
}

/** One object: the fields of `head`, and `spans`. */
async function* json(head: object, spans: AsyncIterable<SpanDetail>) {
  yield `${JSON.stringify(head, null, 2).slice(0, -2)},\n  "spans": [`
  let first = true
  for await (const span of spans) {
    yield `${first ? '' : ','}\n${JSON.stringify(span, null, 2)}`
    first = false
  }
  yield '\n]}\n'
}
