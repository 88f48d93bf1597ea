import { beforeAll, describe, expect, it } from 'vitest'
import { readSettings } from '../../db/projects.ts'
import { span, storeSpans } from '../factories.ts'
import { firstVisit, startTestWeb, type Visitor, type Web } from './web.ts'

let web: Web
let visitor: Visitor
let projectId: string
let path: string
beforeAll(async () => {
  web = await startTestWeb()
  const visit = await firstVisit(web)
  visitor = visit.visitor
  projectId = visit.projectId
  path = `/p/${projectId}/settings`
})

const keyIn = (text: string) => /dlk_[a-z0-9]{12}_[\w-]{32}/.exec(text)?.[0]
const callerOf = (key: string) =>
  web.services.identity.byKey(new Headers({ authorization: `Bearer ${key}` })).then(caller => caller)

describe('API keys', () => {
  it('are shown once, work at once, and are listed by their hint', async () => {
    const made = await visitor.post(`${path}/keys`, { intent: 'create', name: 'Production' })
    const key = keyIn(await made.text()) ?? ''
    expect(made.status).toBe(200)
    expect(made.headers.get('cache-control')).toContain('no-store')
    expect(await callerOf(key)).toMatchObject({ projectId, via: 'key' })
    const list = await (await visitor.get(`${path}/keys`)).text()
    expect([list.includes('Production'), list.includes(key)]).toEqual([true, false])
    expect(list).toContain(`${key.slice(0, 17)}…${key.slice(-4)}`)
  })

  it('fill the set-up of this browser, of this project, and of no other', async () => {
    const made = await visitor.post(`${path}/keys`, { intent: 'create', name: 'For the set-up' })
    const key = keyIn(await made.text()) ?? ''
    expect(await (await visitor.get(`/p/${projectId}/data-in`)).text()).toContain(`authorization=Bearer ${key}`)
    const cookie = visitor.cookies.get('davylamp_new_key') ?? ''
    expect(Buffer.from(cookie, 'base64url').toString('latin1')).not.toContain(key.slice(0, 16))

    const second = await visitor.post('/projects/new', { name: 'Another' })
    expect(await (await visitor.get(second.headers.get('location')!)).text()).not.toContain(key)
    visitor.cookies.set('davylamp_new_key', `${cookie.slice(0, -4)}AAAA`)
    expect(await (await visitor.get(`/p/${projectId}/data-in`)).text()).not.toContain(key)
  })

  it('for pages may do little, and do not fill the set-up', async () => {
    const made = await visitor.post(`${path}/keys`, { intent: 'create', name: 'Shop page', audience: 'client' })
    const key = /dlc_[a-z0-9]{12}_[\w-]{32}/.exec(await made.text())?.[0] ?? ''
    expect(await callerOf(key)).toBe('invalid')
    const headers = new Headers({ authorization: `Bearer ${key}` })
    expect(await web.services.identity.byKey(headers, { clients: true })).toMatchObject({
      projectId,
      audience: 'client',
    })
    expect(await (await visitor.get(`/p/${projectId}/data-in`)).text()).not.toContain(key)
    expect(await (await visitor.get(`${path}/keys`)).text()).toMatch(/Shop page.{0,400}client/s)
  })

  it('stop working when they are revoked, once', async () => {
    const made = await visitor.post(`${path}/keys`, { intent: 'create', name: 'Short-lived' })
    const key = keyIn(await made.text()) ?? ''
    const [row] = await web.services.postgres.sql`select id from api_keys where name = 'Short-lived'`
    expect((await visitor.post(`${path}/keys`, { intent: 'revoke', id: row?.id })).status).toBe(200)
    expect(await callerOf(key)).toBe('invalid')
    expect((await visitor.post(`${path}/keys`, { intent: 'revoke', id: row?.id })).status).toBe(404)
  })

  it('need a name', async () => {
    const answer = await visitor.post(`${path}/keys`, { intent: 'create', name: '  ' })
    expect(answer.status).toBe(400)
  })
})

const form = {
  name: 'Support desk',
  ratingNegativeBelow: '0.3',
  ratingPositiveAbove: '0.6',
  editPositiveUpTo: '0.2',
  editNegativeAbove: '0.5',
  maxQueuedRuns: '50',
  maxRunsPerUser: '5',
}

describe('retention', () => {
  const ask = async (intent: 'preview' | 'save', days: string) => {
    const answer = await visitor.post(`${path}/retention.data`, { intent, days })
    return { status: answer.status, text: await answer.text() }
  }
  const kept = async () => (await readSettings(web.services.postgres, projectId)).retentionDays

  it('is for ever, until days are chosen with what that removes in sight', async () => {
    const at = new Date(Date.now() - 45 * 86_400_000)
    await storeSpans(web.services.clickhouse, projectId, [span({ at }), span({ at: new Date() })])
    expect(await (await visitor.get(`${path}/retention`)).text()).toContain('Everything is kept for ever.')
    expect((await ask('preview', '30')).text).toContain(`"spans",1,"traces",`)
    expect(await kept()).toBeNull()
    await ask('save', '30')
    expect(await kept()).toBe(30)
    expect(await (await visitor.get(`${path}/retention`)).text()).toContain('30 days are kept.')
    const history = await (await visitor.get(`${path}/history`)).text()
    expect(history).toMatch(/changed how long data is kept.{0,300}days.{0,20}for ever → 30/s)
    await ask('save', '')
    expect(await kept()).toBeNull()
  })

  it.each([
    ['0', 'Must be at least one day.'],
    ['-3', 'Enter a whole number of days, or nothing.'],
    ['1.5', 'Enter a whole number of days, or nothing.'],
    ['4000', 'At most 3,650 days; leave it empty for ever.'],
  ])('refuses %s', async (days, sentence) => {
    const { status, text } = await ask('save', days)
    expect([status, text.includes(sentence), await kept()]).toEqual([400, true, null])
  })

  it('is held while the clock is doubted, until somebody says that the date is right', async () => {
    await ask('save', '30')
    const { postgres } = web.services
    const nineDaysAgo = new Date(Date.now() - 9 * 86_400_000)
    await postgres.sql`update marks set at = ${nineDaysAgo} where name = ${`retention.clock.${projectId}`}`
    const page = async () => (await visitor.get(`${path}/retention`)).text()
    expect(await page()).toContain('which is 9 days after the last time')
    expect((await visitor.post(`${path}/retention.data`, { intent: 'trust' })).status).toBe(200)
    expect(await page()).not.toContain('Nothing is removed for now.')
    await ask('save', '')
  })

  it('is still what it was after the other settings were saved', async () => {
    await ask('save', '90')
    await visitor.post(`${path}?index`, form)
    expect(await kept()).toBe(90)
    await ask('save', '')
  })

  it('and the other settings both stay when two people save them at one time', async () => {
    for (let at = 0; at < 10; at++) {
      const limits = { ...form, maxQueuedRuns: String(60 + at) }
      await Promise.all([ask('save', String(91 + at)), visitor.post(`${path}?index`, limits)])
      const { retentionDays, maxQueuedRuns } = await readSettings(web.services.postgres, projectId)
      expect([retentionDays, maxQueuedRuns]).toEqual([91 + at, 60 + at])
    }
    await ask('save', '')
    await visitor.post(`${path}?index`, { ...form, ratingNegativeBelow: '0.4' })
  })
})

describe('project settings', () => {
  it('are saved, and the history says what changed from what', async () => {
    const answer = await visitor.post(`${path}?index`, form)
    expect([answer.status, (await answer.text()).includes('Saved.')]).toEqual([200, true])
    const settings = await readSettings(web.services.postgres, projectId)
    expect(settings).toMatchObject({ ratingNegativeBelow: 0.3, maxQueuedRuns: 50, maxRunsPerUser: 5 })
    const history = await (await visitor.get(`${path}/history`)).text()
    expect(history).toMatch(/ratingNegativeBelow.{0,20}0\.4 → 0\.3/)
    expect(history).toContain('created the key')
  })

  it.each([
    [{ ratingNegativeBelow: '1.2' }, 'Must be from 0 to 1.'],
    [{ ratingNegativeBelow: '0.9' }, 'Must not be below the limit for negative.'],
    [{ editPositiveUpTo: 'many' }, 'Enter a number.'],
    [{ ratingNegativeBelow: '' }, 'Enter a number.'],
    [{ maxQueuedRuns: ' ' }, 'Enter a number.'],
    [{ maxQueuedRuns: '0' }, 'Must be at least 1.'],
    [{ name: ' ' }, 'Name the project.'],
  ])('refuse %j', async (wrong, sentence) => {
    const answer = await visitor.post(`${path}?index`, { ...form, ...wrong })
    expect([answer.status, (await answer.text()).includes(sentence)]).toEqual([400, true])
  })

  it('can be looked at, but not changed, by a viewer', async () => {
    const { sql } = web.services.postgres
    await sql`update members set role = 'viewer' where project_id = ${projectId}`
    const looked = await visitor.get(`${path}/keys`)
    const changed = await visitor.post(`${path}?index`, { ...form, name: 'Taken over' })
    const made = await visitor.post(`${path}/keys`, { intent: 'create', name: 'Sneaky' })
    const removed = await visitor.post(`${path}/retention`, { intent: 'save', days: '1' })
    expect([looked.status, changed.status, made.status, removed.status]).toEqual([200, 403, 403, 403])
    expect(await looked.text()).not.toContain('Create key')
    const [row] = await sql`select name from projects where id = ${projectId}`
    expect(row?.name).toBe('Support desk')
  })
})
