import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { createInvite } from '../../db/invites.ts'
import { listMembers } from '../../db/members.ts'
import { type OidcStandIn, startOidcStandIn } from '../oidc-stand-in/server.ts'
import { freePort } from '../setup/product.ts'
import { firstVisit, owner, startTestWeb, Visitor, type Web } from './web.ts'

const client = { id: 'davylamp', secret: 'oidc secret' }
let provider: OidcStandIn
let web: Web
let projectId: string
beforeAll(async () => {
  provider = await startOidcStandIn(client)
  const port = await freePort()
  web = await startTestWeb({
    PORT: String(port),
    PUBLIC_URL: `http://127.0.0.1:${port}`,
    OIDC_ISSUER: provider.issuer,
    OIDC_CLIENT_ID: client.id,
    OIDC_CLIENT_SECRET: client.secret,
    OIDC_NAME: 'Acme',
  })
  projectId = (await firstVisit(web)).projectId
})
afterAll(() => provider.close())
beforeEach(() => Object.assign(provider, { hangs: false, forges: false, person: undefined }))

/** Follows the way to the provider and back; where it ends. */
async function comeBy(visitor: Visitor, to = '/'): Promise<string> {
  let location = `/sign-in/elsewhere?to=${encodeURIComponent(to)}`
  for (let hop = 0; hop < 6; hop++) {
    const url = new URL(location, web.url)
    const own = url.origin === web.url
    const answer = own ? await visitor.get(url.pathname + url.search) : await fetch(url, { redirect: 'manual' })
    console.log(
      url.pathname,
      answer.status,
      answer.headers.get('location')?.slice(0, 100),
      answer.status >= 400 ? await answer.text() : '',
    )
    const next = answer.headers.get('location')
    if (!next || answer.status >= 400) return url.pathname + url.search
    location = new URL(next, url).href
    if (new URL(location).origin === web.url && new URL(location).pathname === to) return to
  }
  return location
}
const isIn = async (visitor: Visitor) => (await visitor.get('/account')).status === 200
const textAt = async (visitor: Visitor, path: string) => (await visitor.get(path)).text()

it('signs in to the account of the address, to where the visitor wanted to go', async () => {
  provider.person = { sub: '1', email: owner.email, name: 'Ada' }
  const visitor = new Visitor(web)
  expect(await textAt(visitor, '/sign-in')).toContain('Sign in with <!-- -->Acme')
  expect(await comeBy(visitor, `/p/${projectId}/traces`)).toBe(`/p/${projectId}/traces`)
  expect(await textAt(visitor, '/account')).toContain(owner.email)
  const again = new Visitor(web)
  await comeBy(again)
  expect(await isIn(again)).toBe(true)
  expect(await web.services.postgres.sql`select 1 from users`).toHaveLength(1)
})

it('makes an account for who was invited only, who joins without a password', async () => {
  provider.person = { sub: '2', email: 'grace@example.com', name: 'Grace Hopper' }
  const visitor = new Visitor(web)
  const refused = await comeBy(visitor)
  expect(refused).toMatch(/^\/sign-in\?.*error=/)
  expect(await textAt(visitor, refused)).toContain('You have no account here')
  expect(await isIn(visitor)).toBe(false)
  const { postgres } = web.services
  const [ada] = await listMembers(postgres, projectId)
  const invite = { projectId, email: 'grace@example.com', role: 'member' as const, invitedBy: ada!.id }
  const token = (await createInvite(postgres, invite)) ?? ''
  const link = `/invite?token=${token}`
  expect(await textAt(visitor, link)).toContain('Sign in with <!-- -->Acme')
  await comeBy(visitor, link)
  expect(await textAt(visitor, link)).toContain('Join')
  expect((await visitor.post(link, {})).headers.get('location')).toBe(`/p/${projectId}/overview`)
  expect((await listMembers(postgres, projectId)).map(({ name }) => name)).toContain('Grace Hopper')
})

it.each([
  ['was broken off', {}, /The sign-in was broken off/],
  [
    'brings a token of a key that is not the provider’s',
    { person: { sub: '1', email: owner.email }, forges: true },
    /did not succeed/,
  ],
  ['tells no address', { person: { sub: '3', name: 'Nobody' } }, /did not tell your e-mail address|did not succeed/],
])('says so when it %s, and lets nobody in', async (_, given, sentence) => {
  Object.assign(provider, given)
  const visitor = new Visitor(web)
  const end = await comeBy(visitor)
  expect(await textAt(visitor, end)).toMatch(sentence)
  expect(await isIn(visitor)).toBe(false)
})

it('takes nothing that did not begin here', async () => {
  const visitor = new Visitor(web)
  const forged = await visitor.get('/api/auth/callback/oidc?code=x&state=made-up')
  expect([forged.status, forged.headers.get('location')]).toEqual([302, expect.stringMatching(/\/sign-in\?error=\w+/)])
  for (const path of ['get-session', 'list-sessions', 'error', 'ok'])
    expect((await visitor.get(`/api/auth/${path}`)).status).toBe(404)
  expect(
    (await visitor.post('/api/auth/sign-in/email', { email: owner.email, password: owner.password })).status,
  ).not.toBe(200)
})

it('leaves the sign-in by password as it is when the provider hangs from the start', async () => {
  provider.hangs = true
  const port = await freePort()
  const other = await startTestWeb({
    PORT: String(port),
    PUBLIC_URL: `http://127.0.0.1:${port}`,
    OIDC_ISSUER: provider.issuer,
    OIDC_CLIENT_ID: client.id,
    OIDC_CLIENT_SECRET: client.secret,
  })
  const { visitor } = await firstVisit(other)
  expect((await visitor.get('/account')).status).toBe(200)
  const stranger = new Visitor(other)
  const away = await stranger.get('/sign-in/elsewhere')
  expect(away.headers.get('location')).toMatch(/error=no_answer/)
  expect(await (await stranger.get(away.headers.get('location') ?? '')).text()).toContain('does not answer')
})

it('is not there without a provider', async () => {
  const plain = await startTestWeb()
  await firstVisit(plain)
  const visitor = new Visitor(plain)
  expect((await visitor.get('/sign-in/elsewhere')).status).toBe(404)
  expect(await (await visitor.get('/sign-in')).text()).not.toContain('or by password')
})
