import { beforeAll, describe, expect, it } from 'vitest'
import { createSetupToken } from '../../db/setup-token.ts'
import { owner, startTestWeb, Visitor, type Web } from './web.ts'

let web: Web
beforeAll(async () => {
  web = await startTestWeb()
})

const count = async (table: 'users' | 'projects' | 'api_keys') => {
  const [row] = await web.services.postgres.sql`select count(*) as n from ${web.services.postgres.sql(table)}`
  return row?.n
}

describe('before anybody has an account', () => {
  it.each(['/', '/sign-in', '/p/p0123456789abcdef/overview', '/nowhere'])(
    'leads from %s to the welcome page',
    async path => {
      const answer = await new Visitor(web).get(path)
      expect([answer.status, answer.headers.get('location')]).toEqual([302, '/welcome'])
    },
  )

  it('says where the link is printed to those who come without it', async () => {
    const answer = await new Visitor(web).get('/welcome')
    expect(answer.status).toBe(403)
    expect(await answer.text()).toContain('Open the link that was printed at the start.')
  })

  it('refuses a wrong token, shown and sent, and creates nothing', async () => {
    const visitor = new Visitor(web)
    const page = await visitor.get('/welcome?token=guessed')
    expect([page.status, (await page.text()).includes('This link is not the one of this start.')]).toEqual([403, true])
    const sent = await visitor.post('/welcome', { ...owner, token: 'guessed' })
    expect([sent.status, visitor.cookies.size]).toEqual([403, 0])
    expect(await Promise.all([count('users'), count('projects'), count('api_keys')])).toEqual([0, 0, 0])
  })

  it('lets only the newest token in', async () => {
    const older = await createSetupToken(web.services.postgres)
    const newer = await createSetupToken(web.services.postgres)
    const statuses = await Promise.all(
      [older, newer].map(async token => (await new Visitor(web).get(`/welcome?token=${token}`)).status),
    )
    expect(statuses).toEqual([403, 200])
  })

  it('keeps what was typed, but not the password, when something is wrong', async () => {
    const token = (await createSetupToken(web.services.postgres)) ?? ''
    const answer = await new Visitor(web).post(`/welcome?token=${token}`, { ...owner, token, password: 'short' })
    const text = await answer.text()
    expect(answer.status).toBe(400)
    expect(text).toContain('Choose at least 10 characters.')
    expect(text).toContain('value="ada@example.com"')
    expect(text).not.toContain('value="short"')
  })

  it('keeps only the hash of the token', async () => {
    const token = (await createSetupToken(web.services.postgres)) ?? ''
    const rows = await web.services.postgres.sql`select value::text as value from instance`
    expect(token.length).toBeGreaterThan(30)
    expect(rows.filter(row => row.value.includes(token))).toEqual([])
  })
})

describe('the first visit', () => {
  it('makes one owner, project and key, for one of two who come at once, and signs them in', async () => {
    const token = (await createSetupToken(web.services.postgres)) ?? ''
    const visitors = [new Visitor(web), new Visitor(web)]
    const answers = await Promise.all(
      visitors.map((visitor, at) => visitor.post('/welcome', { ...owner, email: `ada${at}@example.com`, token })),
    )
    expect(answers.map(answer => answer.status).sort()).toEqual([302, 403])
    expect(await Promise.all([count('users'), count('projects'), count('api_keys')])).toEqual([1, 1, 1])

    const winner = answers.findIndex(answer => answer.status === 302)
    const location = answers[winner]?.headers.get('location') ?? ''
    expect(location).toMatch(/^\/p\/p[0-9a-f]{16}\/overview$/)
    const session = answers[winner]?.headers.getSetCookie().find(cookie => cookie.includes('session_token'))
    expect(session).toMatch(/HttpOnly/i)
    expect(session).toMatch(/SameSite=Lax/i)
    expect((await visitors[winner]!.get(location)).status).toBe(200)

    const members = await web.services.postgres.sql`select role from members`
    expect(members.map(member => member.role)).toEqual(['owner'])
  })

  it('cannot be repeated: the token is gone and no start makes another', async () => {
    expect(await createSetupToken(web.services.postgres)).toBeUndefined()
    const answer = await new Visitor(web).get('/welcome?token=anything')
    expect(await answer.text()).toContain('the owner’s account exists')
    const sent = await new Visitor(web).post('/welcome', { ...owner, token: 'anything' })
    expect([sent.status, await count('users')]).toEqual([403, 1])
  })
})
