import { beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { createAccount, giveNewPassword } from '../../db/accounts.ts'
import { startSmtp } from '../peers/smtp.ts'
import { firstVisit, startTestWeb, Visitor, type Web } from './web.ts'

const smtp = await startSmtp()
let web: Web
let owner: Visitor
let projectId: string
beforeAll(async () => {
  web = await startTestWeb({ SMTP_URL: smtp.url })
  const first = await firstVisit(web)
  owner = first.visitor
  projectId = first.projectId
  return () => smtp.close()
})
beforeEach(() => void smtp.letters.splice(0))

const password = 'a long enough one'
const next = 'another long one'
const signIn = async (email: string, secret: string) => {
  const visitor = new Visitor(web)
  return { visitor, status: (await visitor.post('/sign-in', { email, password: secret })).status }
}
const letterTo = (email: string) =>
  vi.waitFor(() => {
    const letter = smtp.letters.find(({ to }) => [to].flat().some(one => one?.text === email))
    if (!letter) throw new Error(`no letter to ${email}`)
    return letter
  })
const linkIn = (text = '') => /http:\/\/[^/]+(\/\S+)/.exec(text)?.[1] ?? ''

describe('an invitation', () => {
  const invite = async (email: string) => {
    const fields = { intent: 'invite', email, role: 'viewer' }
    return (await owner.post(`/p/${projectId}/settings/members.data`, fields)).text()
  }

  it('is mailed, with a link that opens it', async () => {
    expect(await invite('grace@example.com')).toContain('"sent"')
    const letter = await letterTo('grace@example.com')
    expect(letter.subject).toBe('[Davylamp] Ada Lovelace invites you into Support desk')
    expect(letter.html).toContain('/invite?token=')
    const page = await new Visitor(web).get(linkIn(letter.text))
    expect([page.status, (await page.text()).includes('Make an account and join')]).toEqual([200, true])
  })

  it('that the mail server does not take is told with its words, and the link still opens', async () => {
    const answer = await invite('nobody@example.com')
    expect(answer).toContain('no such user')
    const link = /\/invite\?token=[\w-]+/.exec(answer)?.[0] ?? ''
    expect((await new Visitor(web).get(link)).status).toBe(200)
  })
})

describe('a forgotten password', () => {
  const ask = (email: string) => new Visitor(web).post('/forgot-password', { email })
  const choose = (link: string, chosen: string) => new Visitor(web).post(link, { password: chosen })

  it('is replaced by who has the mailbox, once, which ends all sessions', async () => {
    const email = 'forgetful@example.com'
    await createAccount(web.services.postgres, { name: 'Forgetful', email, password })
    const before = (await signIn(email, password)).visitor
    expect((await ask(email)).status).toBe(200)
    const link = linkIn((await letterTo(email)).text)
    const kept = await web.services.postgres.sql`select identifier from auth_verifications`
    const token = new URLSearchParams(link.split('?')[1]).get('token') ?? ''
    expect(token.length).toBeGreaterThan(20)
    expect(JSON.stringify(kept)).not.toContain(token)

    expect((await choose(link, 'short')).status).toBe(400)
    const changed = await choose(link, next)
    expect([changed.status, changed.headers.get('location')]).toEqual([302, '/sign-in?changed'])
    expect((await before.get('/account')).status).toBe(302)
    expect((await signIn(email, password)).status).toBe(401)
    expect((await signIn(email, next)).status).toBe(302)
    const again = await choose(link, 'yet another one')
    expect([again.status, (await again.text()).includes('This link opens nothing any more')]).toEqual([400, true])
  })

  it('leaves no other link open once there is a new one, however it was chosen', async () => {
    const email = 'impatient@example.com'
    const id = await createAccount(web.services.postgres, { name: 'Impatient', email, password })
    // From an address of its own, as one may ask five times a minute.
    const askAgain = () => new Visitor(web).post('/forgot-password', { email }, { 'x-forwarded-for': '203.0.113.7' })
    const links = async (count: number) => {
      await expect.poll(() => smtp.letters.length).toBe(count)
      return smtp.letters.map(({ text }) => linkIn(text))
    }
    const open = async () =>
      (await web.services.postgres.sql`select id from auth_verifications where value = ${id}`).length
    await askAgain()
    await askAgain()
    const [first = '', second = ''] = await links(2)
    expect((await choose(second, next)).status).toBe(302)
    expect((await choose(first, 'what a thief chose')).status).toBe(400)
    expect((await signIn(email, next)).status).toBe(302)

    await askAgain()
    await links(3)
    expect(await open()).toBe(1)
    const { visitor } = await signIn(email, next)
    expect((await visitor.post('/account', { current: next, password })).status).toBe(200)
    expect(await open()).toBe(0)

    await askAgain()
    await links(4)
    expect(await open()).toBe(1)
    await giveNewPassword(web.services.postgres, email)
    expect(await open()).toBe(0)
  })

  it('answers the same for an address that nobody has, and mails nothing', async () => {
    const answer = await ask('stranger@example.com')
    const page = (await answer.text()).replaceAll('<!-- -->', '')
    expect([answer.status, page.includes('If stranger@example.com has an account here')]).toEqual([200, true])
    await createAccount(web.services.postgres, { name: 'Last', email: 'last@example.com', password })
    await ask('last@example.com')
    await letterTo('last@example.com')
    expect(smtp.letters).toHaveLength(1)
  })

  it('can be chosen by somebody who came by a provider and has none', async () => {
    const { postgres } = web.services
    const userId = await createAccount(postgres, { name: 'Elsewhere', email: 'elsewhere@example.com', password })
    await postgres.sql`delete from auth_accounts where user_id = ${userId}`
    await ask('elsewhere@example.com')
    await choose(linkIn((await letterTo('elsewhere@example.com')).text), next)
    expect((await signIn('elsewhere@example.com', next)).status).toBe(302)
  })

  it('does not open by a link of more than an hour ago', async () => {
    const email = 'late@example.com'
    await createAccount(web.services.postgres, { name: 'Late', email, password })
    await ask(email)
    const link = linkIn((await letterTo(email)).text)
    await web.services.postgres.sql`update auth_verifications set expires_at = now() - interval '1 second'`
    expect((await choose(link, next)).status).toBe(400)
    expect((await signIn(email, password)).status).toBe(302)
  })

  it('is not asked for without end', async () => {
    const answers = await Promise.all(Array.from({ length: 8 }, () => ask('stranger@example.com')))
    expect(answers.filter(({ status }) => status === 429).length).toBeGreaterThan(0)
  })
})

it('a Davylamp without a mail server says who can give a new password', async () => {
  const without = await startTestWeb()
  await firstVisit(without)
  const page = await (await new Visitor(without).get('/forgot-password')).text()
  expect(page).toContain('npm run new-password')
  expect(page).not.toContain('Send the link')
})
