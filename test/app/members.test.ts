import { beforeAll, describe, expect, it } from 'vitest'
import { acceptInvite, createInvite, findInvite } from '../../db/invites.ts'
import { listMembers, removeMember, setRole } from '../../db/members.ts'
import type { MemberRole } from '../../db/projects.ts'
import { firstVisit, owner, startTestWeb, Visitor, type Web } from './web.ts'

let web: Web
let ada: Visitor
let projectId: string
let path: string
beforeAll(async () => {
  web = await startTestWeb()
  const visit = await firstVisit(web)
  ada = visit.visitor
  projectId = visit.projectId
  path = `/p/${projectId}/settings/members`
})

type Fields = { intent: string; email?: string; role?: string; userId?: string; id?: string }
const change = async (visitor: Visitor, fields: Fields) => {
  const answer = await visitor.post(`${path}.data`, { ...fields } as Record<string, string>)
  return { status: answer.status, text: await answer.text() }
}
const linkIn = (text: string) => /\/invite\?token=[\w-]{32}/.exec(text)?.[0] ?? ''
const members = async () =>
  (await listMembers(web.services.postgres, projectId)).map(({ email, role }) => `${email} ${role}`)
const idOf = async (email: string) =>
  (await listMembers(web.services.postgres, projectId)).find(member => member.email === email)?.id ?? ''
const password = 'a long enough one'

/** Somebody who was invited and came. */
async function join(email: string, role: MemberRole): Promise<Visitor> {
  const visitor = new Visitor(web)
  const link = linkIn((await change(ada, { intent: 'invite', email, role })).text)
  const answer = await visitor.post(link, { name: email.split('@')[0] ?? '', password })
  expect([answer.status, answer.headers.get('location')]).toEqual([302, `/p/${projectId}/overview`])
  return visitor
}

describe('an invitation', () => {
  it('makes an account and a member, once', async () => {
    const made = await change(ada, { intent: 'invite', email: 'Grace@Example.com', role: 'viewer' })
    const link = linkIn(made.text)
    expect(await (await ada.get(path)).text()).toContain('grace@example.com')
    const grace = new Visitor(web)
    const page = await (await grace.get(link)).text()
    expect([page.includes('Support desk'), page.includes('grace@example.com')]).toEqual([true, true])
    const short = await grace.post(link, { name: 'Grace', password: 'short' })
    expect([short.status, (await short.text()).includes('at least 10 characters')]).toEqual([400, true])
    const joined = await grace.post(link, { name: 'Grace Hopper', password })
    expect(joined.headers.get('location')).toBe(`/p/${projectId}/overview`)
    expect((await grace.get(`/p/${projectId}/overview`)).status).toBe(200)
    expect(await members()).toContain('grace@example.com viewer')
    const again = await new Visitor(web).get(link)
    expect([again.status, (await again.text()).includes('opens nothing any more')]).toEqual([404, true])
    const history = await (await ada.get(`/p/${projectId}/settings/history`)).text()
    expect(history).toMatch(/invited.{0,60}Grace@Example\.com/s)
    expect(history).toMatch(/Grace Hopper.{0,60}joined as.{0,60}grace@example\.com/s)
  })

  it('takes somebody in who has an account, when they are signed in with it, and nobody else', async () => {
    const second = await ada.post('/projects/new', { name: 'Another' })
    const other = /\/p\/(\w+)\//.exec(second.headers.get('location') ?? '')?.[1] ?? ''
    const made = await ada.post(`/p/${other}/settings/members.data`, {
      intent: 'invite',
      email: 'grace@example.com',
      role: 'member',
    })
    const link = linkIn(await made.text())
    const stranger = new Visitor(web)
    expect(await (await stranger.get(link)).text()).toContain('Sign in to join')
    const taken = await stranger.post(link, { name: 'Not Grace', password: 'quite another one' })
    expect(taken.headers.get('location')).toBe(link)
    expect(await (await ada.get(link)).text()).toContain(`You are signed in as ${owner.email}`)
    expect((await ada.post(link, {})).headers.get('location')).toBe(link)
    const grace = new Visitor(web)
    await grace.post('/sign-in', { email: 'grace@example.com', password })
    expect((await grace.get(`/p/${other}/overview`)).status).toBe(404)
    expect(await (await grace.get(link)).text()).toContain('Join')
    expect((await grace.post(link, {})).headers.get('location')).toBe(`/p/${other}/overview`)
    expect((await grace.get(`/p/${other}/overview`)).status).toBe(200)
  })

  it('is void when it was taken back, made anew, or is too old', async () => {
    const invite = async () =>
      linkIn((await change(ada, { intent: 'invite', email: 'late@example.com', role: 'member' })).text)
    const { postgres } = web.services
    const status = async (link: string) => (await new Visitor(web).get(link)).status
    const first = await invite()
    const second = await invite()
    expect([await status(first), await status(second)]).toEqual([404, 200])
    await postgres.sql`update invites set expires_at = now() - interval '1 second' where email = 'late@example.com'`
    expect(await status(second)).toBe(404)
    const third = await invite()
    const [row] = await postgres.sql<{ id: string }[]>`select id from invites where email = 'late@example.com'`
    expect((await change(ada, { intent: 'withdraw', id: row!.id })).status).toBe(200)
    expect(await status(third)).toBe(404)
    expect((await change(ada, { intent: 'withdraw', id: row!.id })).status).toBe(404)
    expect(await status('/invite')).toBe(404)
  })

  it('is used by one of two who come at one time, and leaves no half an account', async () => {
    const { postgres } = web.services
    const invite = {
      projectId,
      email: 'twice@example.com',
      role: 'member' as const,
      invitedBy: await idOf(owner.email),
    }
    const token = (await createInvite(postgres, invite)) ?? ''
    const come = (name: string) => acceptInvite(postgres, token, { account: { name, password } })
    const came = await Promise.all([come('One'), come('Two'), come('Three')])
    expect(came.filter(Boolean)).toHaveLength(1)
    expect(await postgres.sql`select id from users where email = 'twice@example.com'`).toHaveLength(1)
    const refused = (await createInvite(postgres, { ...invite, email: 'kept@example.com' })) ?? ''
    expect(await acceptInvite(postgres, refused, { userId: await idOf(owner.email) })).toBeUndefined()
    expect(await findInvite(postgres, refused)).toMatchObject({ email: 'kept@example.com', hasAccount: false })
  })

  it.each([
    [{ email: 'nobody' }, 400, 'Enter an e-mail address.'],
    [{ email: owner.email }, 409, 'This is the address of a member.'],
    [{ role: 'emperor' }, 400, ''],
  ])('refuses %j', async (wrong, status, sentence) => {
    const answer = await change(ada, { intent: 'invite', email: 'x@example.com', role: 'member', ...wrong })
    expect([answer.status, answer.text.includes(sentence)]).toEqual([status, true])
  })
})

describe('members', () => {
  it('are changed and removed by owners and admins, owners only by owners', async () => {
    const admin = await join('admin@example.com', 'admin')
    const member = await join('member@example.com', 'member')
    const memberId = await idOf('member@example.com')
    const ownerId = await idOf(owner.email)
    const status = async (visitor: Visitor, fields: Fields) => (await change(visitor, fields)).status
    for (const fields of [
      { intent: 'invite', email: 'more@example.com', role: 'viewer' },
      { intent: 'role', userId: memberId, role: 'admin' },
      { intent: 'remove', userId: ownerId },
      { intent: 'withdraw', id: 'any' },
    ])
      expect(await status(member, fields)).toBe(403)
    expect(await status(admin, { intent: 'role', userId: memberId, role: 'viewer' })).toBe(200)
    expect(await members()).toContain('member@example.com viewer')
    for (const fields of [
      { intent: 'role', userId: memberId, role: 'owner' },
      { intent: 'role', userId: ownerId, role: 'viewer' },
      { intent: 'remove', userId: ownerId },
      { intent: 'invite', email: 'more@example.com', role: 'owner' },
    ])
      expect(await status(admin, fields)).toBe(403)
    expect(await status(admin, { intent: 'remove', userId: memberId })).toBe(200)
    expect((await member.get(`/p/${projectId}/overview`)).status).toBe(404)
    expect(await status(admin, { intent: 'remove', userId: memberId })).toBe(404)
  })

  it('may leave, but for the last owner', async () => {
    const viewer = await join('leaver@example.com', 'viewer')
    const left = await viewer.post(path, { intent: 'remove', userId: await idOf('leaver@example.com') })
    expect([left.status, left.headers.get('location')]).toEqual([302, '/'])
    expect(await members()).not.toContain('leaver@example.com viewer')
    const ownerId = await idOf(owner.email)
    for (const fields of [
      { intent: 'remove', userId: ownerId },
      { intent: 'role', userId: ownerId, role: 'admin' },
    ]) {
      const answer = await change(ada, fields)
      expect([answer.status, answer.text.includes('A project keeps an owner')]).toEqual([409, true])
    }
  })

  it('keep an owner, when both owners go at one time', async () => {
    const { postgres } = web.services
    await join('second@example.com', 'owner')
    const ids = [await idOf(owner.email), await idOf('second@example.com')]
    const done = await Promise.all([
      setRole(postgres, { projectId, userId: ids[0]! }, 'viewer'),
      removeMember(postgres, { projectId, userId: ids[1]! }),
    ])
    expect(done.sort()).toEqual(['done', 'last_owner'])
    expect((await members()).filter(member => member.endsWith(' owner'))).toHaveLength(1)
  })
})
