import type { LoaderFunctionArgs } from '@remix-run/node'
import { readItem } from '../../../db/flag-history.ts'
import { readEffect } from '../../../db/flag-processes.ts'
import { notFound, requireProject } from '../../access.server.ts'

/** How the last change of a flag took effect, for a page that watches it. */
export async function loader(args: LoaderFunctionArgs) {
  const { services, project } = await requireProject(args)
  const item = await readItem(services.postgres, {
    projectId: project.id,
    kind: 'flag',
    key: args.params.flagKey ?? '',
  })
  if (!item) throw notFound('There is no such flag in this project.')
  return readEffect(services.postgres, item.version)
}
