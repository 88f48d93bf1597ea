import { z } from 'zod'
import { inviteLetter } from '../../../db/account-letters.ts'
import { createInvite, inviteDays, withdrawInvite } from '../../../db/invites.ts'
import type { Mail } from '../../../db/mail.ts'
import { listMembers, type MemberChange, removeMember, setRole } from '../../../db/members.ts'
import { type MemberRole, recordAudit } from '../../../db/projects.ts'
import type { Services } from '../../../db/services.ts'
import { type FormErrors, parseForm } from '../../form.ts'
import { rolesGivenBy } from './roles.ts'

const role = z.enum(['owner', 'admin', 'member', 'viewer'])
const change = z.discriminatedUnion('intent', [
  z.object({ intent: z.literal('invite'), email: z.email('Enter an e-mail address.'), role }),
  z.object({ intent: z.literal('withdraw'), id: z.string() }),
  z.object({ intent: z.literal('role'), userId: z.string(), role }),
  z.object({ intent: z.literal('remove'), userId: z.string() }),
])

export type Answer = {
  status?: number
  errors?: FormErrors
  /** The link of a new invitation, told this once. */
  invited?: { email: string; link: string; mail: Mailed }
  /** The asker is no member any more. */
  left?: true
}
/** Whether the link went to the address: not where there is no mail server, or what went wrong. */
type Mailed = 'sent' | 'none' | { error: string }
type Asker = { projectId: string; projectName: string; userId: string; name: string; role: MemberRole }
type Parts = Pick<Services, 'postgres' | 'config' | 'mail'>

const refuse = (status: number, form: string): Answer => ({ status, errors: { form } })
const notYours = refuse(403, 'Admins and owners may do this; to an owner, or to make one, only owners.')
const gone = refuse(404, 'It was changed in the meantime: load the page again.')

/** Invites, takes an invitation back, changes a role, removes a member: for who may give the roles concerned. Anybody may leave. */
export async function changeMembers(
  { postgres, config, mail }: Parts,
  asker: Asker,
  fields: FormData,
): Promise<Answer> {
  const asked = parseForm(change, fields)
  if (!asked.ok) return { status: 400, errors: asked.errors }
  const { projectId } = asker
  const may = (concerned: MemberRole) => rolesGivenBy(asker.role).some(({ value }) => value === concerned)
  const note = (action: string, subject: string, detail: Record<string, unknown>) =>
    recordAudit(postgres, { projectId, userId: asker.userId, action, subject, detail })

  const form = asked.value
  if (form.intent === 'invite') {
    const { email, role } = form
    if (!may(role)) return notYours
    const token = await createInvite(postgres, { projectId, email, role, invitedBy: asker.userId })
    if (!token) return { status: 409, errors: { email: 'This is the address of a member.' } }
    await note('member.invited', email, { role })
    const link = `${config.publicUrl}/invite?token=${token}`
    const letter = inviteLetter({ project: asker.projectName, role, by: asker.name, link, days: inviteDays })
    return { invited: { email, link, mail: await sendTo(mail, email, letter) } }
  }
  if (form.intent === 'withdraw') {
    if (!may('viewer')) return notYours
    const invite = await withdrawInvite(postgres, { projectId, id: form.id })
    if (!invite) return gone
    await note('member.uninvited', invite.email, { role: invite.role })
    return {}
  }
  const { userId } = form
  const member = (await listMembers(postgres, projectId)).find(({ id }) => id === userId)
  if (!member) return gone
  const to = form.intent === 'role' ? form.role : undefined
  const leaves = !to && userId === asker.userId
  if (!leaves && (!may(member.role) || (to && !may(to)))) return notYours
  const done = to
    ? await setRole(postgres, { projectId, userId }, to)
    : await removeMember(postgres, { projectId, userId })
  if (done !== 'done') return refused[done]
  if (to) await note('member.changed', member.email, { role: { from: member.role, to } })
  else await note(leaves ? 'member.left' : 'member.removed', member.email, { role: member.role })
  return leaves ? { left: true } : {}
}

const refused: Record<Exclude<MemberChange, 'done'>, Answer> = {
  no_member: gone,
  last_owner: refuse(409, 'A project keeps an owner: make somebody else one first.'),
}

async function sendTo(mail: Mail | undefined, email: string, letter: ReturnType<typeof inviteLetter>): Promise<Mailed> {
  if (!mail) return 'none'
  try {
    await mail.send({ to: [email], ...letter })
    return 'sent'
  } catch (error) {
    return { error: (error as Error).message }
  }
}
