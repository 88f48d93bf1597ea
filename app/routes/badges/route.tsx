import type { LoaderFunctionArgs } from '@remix-run/node'
import { countOpen } from '../../../db/inbox.ts'
import { countFiring } from '../../../db/incidents.ts'
import { requireProject } from '../../access.server.ts'
import type { Badges } from '../../shell/nav.ts'

/** What waits for somebody, as numbers beside the names of pages. */
export async function loader(args: LoaderFunctionArgs) {
  const { services, project } = await requireProject(args)
  const [inbox, firing] = await Promise.all([
    countOpen(services, project.id, new Date()),
    countFiring(services.postgres, project.id),
  ])
  const badges: Badges = { inbox, firing }
  return Response.json(badges, { headers: { 'cache-control': 'private, no-store' } })
}
