import type { LoaderFunctionArgs, MetaFunction } from '@remix-run/node'
import { useLoaderData } from '@remix-run/react'
import { listMembers } from '../../../db/members.ts'
import { requireProject } from '../../access.server.ts'
import { Badge } from '../../components/badge.tsx'
import { type PageHandle, Panel } from '../../components/page.tsx'
import { RelativeTime } from '../../components/relative-time.tsx'

export const handle: PageHandle = { crumbs: [{ label: 'Members' }] }
export const meta: MetaFunction = () => [{ title: 'Members · Davylamp' }]

export async function loader(args: LoaderFunctionArgs) {
  const { services, project } = await requireProject(args)
  return { members: await listMembers(services.postgres, project.id) }
}

export default function Members() {
  const { members } = useLoaderData<typeof loader>()
  return (
    <Panel title="Members" lead="Who may see this project." flush>
      <ul className="mt-1">
        {members.map(({ id, name, email, role, since }) => (
          <li key={id} className="flex flex-wrap items-center gap-x-3 border-line/60 border-t px-4 py-2">
            <span className="min-w-0 flex-1">
              <span className="block truncate font-medium">{name}</span>
              <span className="block truncate text-muted text-sm">{email}</span>
            </span>
            <Badge>{role}</Badge>
            <span className="text-muted text-sm">
              since <RelativeTime at={since} />
            </span>
          </li>
        ))}
      </ul>
    </Panel>
  )
}
