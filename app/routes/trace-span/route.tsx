import type { LoaderFunctionArgs } from '@remix-run/node'
import { viewOfPayloads } from '../../../db/domain/payload-view.ts'
import { notFound, requireProject } from '../../access.server.ts'
import { findSpan } from './find-span.server.ts'

/** One span for the panel beside the tree, its large payloads as pages show them. */
export async function loader(args: LoaderFunctionArgs) {
  const { services, project } = await requireProject(args)
  const span = await findSpan(services.clickhouse, project.id, args)
  if (!span) throw notFound('This trace has no span with this id.')
  return Response.json({ span: viewOfPayloads(span) })
}
