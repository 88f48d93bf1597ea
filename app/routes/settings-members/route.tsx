import {
  type ActionFunctionArgs,
  data,
  type HeadersFunction,
  type LoaderFunctionArgs,
  type MetaFunction,
  redirect,
} from '@remix-run/node'
import { useLoaderData } from '@remix-run/react'
import { listInvites } from '../../../db/invites.ts'
import { listMembers } from '../../../db/members.ts'
import { requireProject } from '../../access.server.ts'
import { type PageHandle, Panel } from '../../components/page.tsx'
import { Invite } from './invite.tsx'
import { InviteRow } from './invite-row.tsx'
import { MemberRow } from './member-row.tsx'
import { changeMembers } from './members.server.ts'
import { rolesGivenBy } from './roles.ts'

export const handle: PageHandle = { crumbs: [{ label: 'Members' }] }
export const meta: MetaFunction = () => [{ title: 'Members · Davylamp' }]

export const headers: HeadersFunction = ({ actionHeaders }) => actionHeaders

export async function loader(args: LoaderFunctionArgs) {
  const { services, user, project } = await requireProject(args)
  const [members, invites] = await Promise.all([
    listMembers(services.postgres, project.id),
    listInvites(services.postgres, project.id),
  ])
  return { members, invites, self: user.id, role: project.role, mails: services.mail !== undefined }
}

export async function action(args: ActionFunctionArgs) {
  const { services, user, project } = await requireProject(args)
  const { id: projectId, name: projectName, role } = project
  const asker = { projectId, projectName, userId: user.id, name: user.name, role }
  const { status = 200, left, ...answer } = await changeMembers(services, asker, await args.request.formData())
  if (left) throw redirect('/')
  return data(answer, { status, headers: { 'cache-control': 'no-store' } })
}

export default function Members() {
  const { members, invites, self, role, mails } = useLoaderData<typeof loader>()
  const given = rolesGivenBy(role)
  return (
    <div className="grid gap-4">
      <Panel
        title="Members"
        lead="Who may see this project, and what they may do in it."
        actions={given.length > 0 && <Invite roles={given} mails={mails} />}
        flush
      >
        <ul className="mt-1">
          {members.map(member => (
            <MemberRow key={member.id} member={member} roles={given} isSelf={member.id === self} />
          ))}
        </ul>
      </Panel>
      {invites.length > 0 && (
        <Panel title="Invited" lead="Links that nobody has used yet." flush>
          <ul className="mt-1">
            {invites.map(invite => (
              <InviteRow key={invite.id} invite={invite} mayChange={given.length > 0} />
            ))}
          </ul>
        </Panel>
      )}
    </div>
  )
}
