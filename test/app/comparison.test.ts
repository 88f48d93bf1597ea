import { sql } from 'drizzle-orm'
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { createLogger } from '../../db/log.ts'
import { openRamp, type RampTest } from '../alerts/ramps.ts'
import { booleanDoc, putFlag } from '../flags/factory.ts'
import { startProxy } from '../setup/proxy.ts'
import { firstVisit, startTestWeb, type Visitor, type Web } from './web.ts'

let web: Web
let visitor: Visitor
let projectId: string
let ramp: RampTest
let proxy: Awaited<ReturnType<typeof startProxy>>
beforeAll(async () => {
  proxy = await startProxy(inject('clickhouseUrl'))
  web = await startTestWeb({ CLICKHOUSE_URL: proxy.url })
  const visit = await firstVisit(web)
  visitor = visit.visitor
  projectId = visit.projectId
  ramp = await openRamp({ ...web.services, log: createLogger('error') }, {}, projectId)
})

afterAll(() => proxy.close())

const path = (key = 'support', project = projectId) => `/p/${project}/flags/${key}/comparison`

describe('the comparison of a flag', () => {
  it('is there before anybody came, and tells so', async () => {
    const answer = await visitor.get(path())
    expect(answer.status).toBe(200)
    expect(await answer.json()).toMatchObject({
      isOn: true,
      sight: null,
      compared: { verdict: 'hold', reason: expect.stringContaining('nobody has been in the canary yet'), failing: [] },
    })
  })

  it('has both arms, each guardrail, the split, the stages, series of both arms and failing traces of the canary', async () => {
    const window = { from: ramp.after(1), to: ramp.after(23) }
    await ramp.send({ users: [0, 400], ...window, canary: { errors: 0.1 } })
    const { compared } = await (await visitor.get(path())).json()
    const { canary, control } = compared.arms
    expect(canary.users + control.users).toBeGreaterThan(300)
    expect(compared.guardrails.map(({ id }: { id: string }) => id)).toHaveLength(5)
    expect(compared.split).toMatchObject({ state: 'sound', expected: 0.5 })
    expect(compared.stages).toMatchObject([{ share: 4500, to: null }])
    const errors = compared.series.find(({ id }: { id: string }) => id === 'error_rate')
    const users = errors.points.filter((point: { canary: number | null }) => point.canary !== null)
    expect(users.length).toBeGreaterThan(1)
    expect(compared.failing).toHaveLength(8)
    for (const trace of compared.failing) expect(trace.isDisliked || trace.isFailed).toBe(true)
  })

  it('holds the canary to what the flag says, and to nothing else', async () => {
    const { postgres } = web.services
    // Where it stands the comparison is what it was, but for what it is held to.
    const item = await ramp.item()
    const doc = { ...(item.doc as object), guardrails: { latency: { tolerance: 0.3 }, latency_tail: {} } }
    await postgres.orm.execute(sql`
      update flag_items set doc = ${JSON.stringify(doc)}::jsonb where project_id = ${projectId} and key = 'support'`)
    const { compared } = await (await visitor.get(path())).json()
    expect(compared.held).toMatchObject([
      { id: 'latency', tolerance: 0.3 },
      { id: 'latency_tail', tolerance: 0.25 },
    ])
    const ids = (list: { id: string }[]) => list.map(({ id }) => id)
    expect([ids(compared.guardrails), ids(compared.series)]).toEqual([['latency', 'latency_tail'], ['latency']])
    // A tenth of the canary's answers fail, which is no guardrail now.
    expect(compared.reason).not.toContain('rrors')
  })

  it('is 404 for what is no workflow flag, and for another project’s', async () => {
    await putFlag({ postgres: web.services.postgres, projectId }, booleanDoc('new-composer'))
    expect((await visitor.get(path('new-composer'))).status).toBe(404)
    expect((await visitor.get(path('nowhere'))).status).toBe(404)
    const second = await visitor.post('/projects/new', { name: 'Another' })
    const other = second.headers.get('location')?.split('/').at(-1)
    expect((await visitor.get(path('support', other))).status).toBe(404)
  })

  it('says why when ClickHouse does not answer, and the page with its switch is there all the same', async () => {
    proxy.change('refuse')
    const answer = await visitor.get(path())
    expect(await answer.json()).toEqual({ failed: expect.stringMatching(/\w+/) })
    const page = await visitor.get(`/p/${projectId}/flags/support`)
    expect(page.status).toBe(200)
    expect(await page.text()).toContain('What the flag serves')
    proxy.change('fair')
    expect((await visitor.get(path())).status).toBe(200)
  })
})
