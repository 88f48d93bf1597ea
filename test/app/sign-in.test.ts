import { beforeAll, describe, expect, it } from 'vitest'
import { firstVisit, owner, startTestWeb, Visitor, type Web } from './web.ts'

let web: Web
let projectId: string
let ada: Visitor
beforeAll(async () => {
  web = await startTestWeb()
  const first = await firstVisit(web)
  projectId = first.projectId
  ada = first.visitor
})

const { email, password } = owner

describe('signing in', () => {
  it('is asked for by every page, and leads back to it', async () => {
    const visitor = new Visitor(web)
    const path = `/p/${projectId}/runs?status=error`
    const asked = await visitor.get(path)
    expect([asked.status, asked.headers.get('location')]).toEqual([302, `/sign-in?to=${encodeURIComponent(path)}`])
    const answer = await visitor.post(asked.headers.get('location')!, { email, password })
    expect([answer.status, answer.headers.get('location')]).toEqual([302, path])
    expect((await visitor.get(path)).status).toBe(200)
  })

  it.each(['//evil.example', '/\\evil.example', 'https://evil.example/', 'javascript:alert(1)'])(
    'does not lead to another site: %s',
    async to => {
      const answer = await new Visitor(web).post(`/sign-in?to=${encodeURIComponent(to)}`, { email, password })
      expect([answer.status, answer.headers.get('location')]).toEqual([302, '/'])
    },
  )

  it.each(['/..//evil.example/x', '/.//evil.example', '/a/%2e%2e//evil.example', '/\t//evil.example', '//[', '/\n//['])(
    'does not lead to another site who is signed in already: %j',
    async to => {
      const answer = await ada.get(`/sign-in?to=${encodeURIComponent(to)}`)
      expect([answer.status, answer.headers.get('location')]).toEqual([302, '/'])
    },
  )

  it('refuses a wrong password and an unknown address with the same sentence', async () => {
    const wrong = await new Visitor(web).post('/sign-in', { email, password: 'not this one at all' })
    const unknown = await new Visitor(web).post('/sign-in', { email: 'eve@example.com', password })
    const sentence = 'This e-mail and password do not belong together.'
    expect([wrong.status, unknown.status]).toEqual([401, 401])
    expect([(await wrong.text()).includes(sentence), (await unknown.text()).includes(sentence)]).toEqual([true, true])
  })

  it('ends with sign-out, also for a copied cookie', async () => {
    const visitor = new Visitor(web)
    await visitor.post('/sign-in', { email, password })
    const copied = new Map(visitor.cookies)
    expect((await visitor.get(`/p/${projectId}/runs`)).status).toBe(200)
    expect((await visitor.post('/sign-out', {})).headers.get('location')).toBe('/sign-in')
    for (const [name, value] of copied) visitor.cookies.set(name, value)
    expect((await visitor.get(`/p/${projectId}/runs`)).status).toBe(302)
  })

  it('is not open to people who would sign up by themselves', async () => {
    const answer = await fetch(`${web.url}/api/auth/sign-up/email`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', origin: web.url },
      body: JSON.stringify({ name: 'Eve', email: 'eve@example.com', password: 'long enough to pass' }),
    })
    expect(answer.status).toBeGreaterThanOrEqual(400)
    const [row] = await web.services.postgres.sql`select count(*) as n from users`
    expect(row?.n).toBe(1)
  })

  it('is refused after too many attempts, whatever address the client claims to have', async () => {
    const attempt = (n: number) =>
      new Visitor(web).post('/sign-in', { email, password: `guess ${n}` }, { 'x-davylamp-client': `10.0.0.${n}` })
    const statuses: number[] = []
    for (let n = 0; n < 12; n++) statuses.push((await attempt(n)).status)
    expect(statuses.at(-1)).toBe(429)
    const answer = await new Visitor(web).post('/sign-in', { email, password })
    expect(await answer.text()).toContain('Too many attempts')
  })
})
