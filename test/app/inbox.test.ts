import { beforeAll, describe, expect, it } from 'vitest'
import { createProject } from '../../db/projects.ts'
import { insertSignals, storeSpans, trace } from '../factories.ts'
import { firstVisit, startTestWeb, type Visitor, type Web } from './web.ts'

let web: Web
let visitor: Visitor
let projectId: string
const minutesAgo = (minutes: number) => new Date(Date.now() - minutes * 60_000)
const bad = trace({
  at: minutesAgo(30),
  workflow: 'support',
  userId: 'ann',
  input: '{"question":"Where is my parcel?"}',
})
const worse = trace({
  at: minutesAgo(20),
  workflow: 'billing',
  userId: 'bob',
  input: '{"question":"Why was I charged?"}',
})
const good = trace({ at: minutesAgo(10), workflow: 'support', userId: 'cid', input: '{"question":"Thanks!"}' })
const theirs = trace({ at: minutesAgo(5), input: '{"question":"their secret"}' })
const idOf = (spans: typeof bad) => spans[0]!.traceId

const complain = (spans: typeof bad, comment: string, at: Date, project = projectId) =>
  insertSignals(web.services.clickhouse, project, [
    { traceId: idOf(spans), kind: 'thumbs', value: -1, polarity: -1, comment, at },
  ])
const read = async (path: string) => {
  const answer = await visitor.get(`/p/${projectId}${path}`)
  return { status: answer.status, text: (await answer.text()).replaceAll('&quot;', '"') }
}
const mark = (intent: string, traceId: string) => visitor.post(`/p/${projectId}/inbox`, { intent, traceId })
const waiting = async () => (JSON.parse((await read('/badges')).text) as { inbox: number }).inbox

beforeAll(async () => {
  web = await startTestWeb()
  const visit = await firstVisit(web)
  visitor = visit.visitor
  projectId = visit.projectId
})

describe('the inbox', () => {
  it('names the next step while there is nothing', async () => {
    const { text } = await read('/inbox')
    expect(text).toContain('No feedback yet')
    expect(text).toContain('Send your first trace')
    expect(await waiting()).toBe(0)
  })

  it('lists complaints, the newest first, and nothing of another project', async () => {
    const { clickhouse, postgres } = web.services
    const strangers = await createProject(postgres, { name: 'Theirs' })
    await storeSpans(clickhouse, projectId, [...bad, ...worse, ...good])
    await storeSpans(clickhouse, strangers, theirs)
    await complain(theirs, 'not for you', minutesAgo(4), strangers)
    await complain(bad, 'never arrived', minutesAgo(29))
    await complain(worse, 'charged twice', minutesAgo(19))
    await insertSignals(clickhouse, projectId, [{ traceId: idOf(good), kind: 'thumbs', value: 1, polarity: 1 }])
    const { text } = await read('/inbox')
    expect(text.indexOf('charged twice')).toBeGreaterThan(-1)
    expect(text.indexOf('never arrived')).toBeGreaterThan(text.indexOf('charged twice'))
    expect(text).not.toContain('Thanks!')
    expect(text).not.toContain('not for you')
    expect(await waiting()).toBe(2)
  })

  it('narrows by the filters of traces', async () => {
    const { text } = await read('/inbox?workflow=support')
    expect(text).toContain('never arrived')
    expect(text).not.toContain('charged twice')
  })

  it('shows what the agent was asked beside the list, and that of no other project', async () => {
    const { text } = await read(`/inbox/${idOf(worse)}`)
    expect(text).toContain('Why was I charged?')
    expect((await read(`/inbox/${idOf(theirs)}`)).status).toBe(404)
  })

  it('lets go of what was dealt with, says by whom, and takes it back', async () => {
    expect((await mark('done', idOf(worse))).status).toBeLessThan(400)
    expect(await waiting()).toBe(1)
    expect((await read('/inbox')).text).not.toContain('charged twice')
    expect((await read('/inbox?state=done')).text).toContain('charged twice')
    expect((await read(`/inbox/${idOf(worse)}?state=all`)).text).toContain('Ada Lovelace')
    await mark('open', idOf(worse))
    expect(await waiting()).toBe(2)
  })

  it('opens again what is complained about anew', async () => {
    await mark('done', idOf(bad))
    expect(await waiting()).toBe(1)
    await complain(bad, 'still not here', new Date(Date.now() + 1000))
    expect(await waiting()).toBe(2)
    expect((await read('/inbox')).text).toContain('still not here')
  })

  it('refuses to mark what is no trace', async () => {
    expect((await mark('done', 'nonsense')).status).toBe(400)
    expect((await mark('delete', idOf(bad))).status).toBe(400)
  })
})
