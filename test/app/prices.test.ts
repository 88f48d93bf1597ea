import { beforeAll, describe, expect, it } from 'vitest'
import { previewCosts } from '../../app/routes/settings-prices/prices.server.ts'
import { openPrices } from '../../db/costs.ts'
import { createProject } from '../../db/projects.ts'
import { listRecomputes } from '../../db/recompute-jobs.ts'
import { recomputeCosts } from '../../ingest/recompute.ts'
import { modelCall, storeSpans } from '../factories.ts'
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
  path = `/p/${projectId}/settings/prices`
  const { clickhouse, postgres } = web.services
  await openPrices(postgres)
  const acme = { provider: 'acme', model: 'acme-large', modelRequested: 'acme-large', costUsd: null }
  await storeSpans(clickhouse, projectId, [
    modelCall(acme),
    modelCall({ ...acme, at: new Date(Date.now() - 3 * 86_400_000) }),
    modelCall({ costSource: 'given', costNanoUsd: 500_000_000n }),
  ])
  const theirs = await createProject(postgres, { name: 'Theirs' })
  await storeSpans(clickhouse, theirs, [modelCall({ model: 'their-model', costUsd: null })])
})

const page = async () => (await visitor.get(path)).text()
const price = { intent: 'add', provider: 'acme', model: 'acme-large', match: 'equals', input: '2', output: '8' }
const ownRows = () => web.services.postgres.sql`select * from prices where project_id = ${projectId} order by id`

describe('prices', () => {
  it('show the models in use, first those whose cost is unknown, and no other project’s', async () => {
    const text = await page()
    expect(text).toContain('1 has calls of unknown cost')
    expect(text.indexOf('acme-large')).toBeLessThan(text.indexOf('gpt-4.1-mini-2025-04-14'))
    expect(text).toContain('$0.40')
    expect(text).not.toContain('their-model')
  })

  it.each([
    [{ model: ' ' }, 'Name the model.'],
    [{ input: 'cheap' }, 'Enter US dollars, from 0 to 1,000,000.'],
    [{ input: '-1' }, 'Enter US dollars, from 0 to 1,000,000.'],
    [{ input: '', output: '' }, 'Give a price for input, for output or for requests.'],
    [{ validFrom: 'soon' }, 'Enter a date and time, or leave it empty.'],
    [{ match: 'regex' }, 'Invalid'],
  ])('refuse %j', async (wrong, sentence) => {
    const answer = await visitor.post(path, { ...price, ...wrong })
    expect([answer.status, (await ownRows()).length]).toEqual([400, 0])
    const asked = await visitor.post(`${path}.data`, { ...price, ...wrong })
    expect(await asked.text()).toContain(sentence)
  })

  it('are set with a version of their own, and the history says who did', async () => {
    expect((await visitor.post(path, { ...price, validFrom: '2020-01-02T03:04' })).status).toBe(200)
    const [row] = await ownRows()
    expect(row).toMatchObject({
      provider: 'acme',
      model: 'acme-large',
      version: expect.stringMatching(/^own@\d+$/),
      pattern: { equals: 'acme-large' },
      valid_from: new Date('2020-01-02T03:04Z'),
    })
    expect(await page()).toContain(row?.version)
    const history = await (await visitor.get(`/p/${projectId}/settings/history`)).text()
    expect(history).toContain('set a price for')
  })

  it('say what computing again would change, do it, and show how it went', async () => {
    const preview = await visitor.post(`${path}.data`, { intent: 'preview', days: '1' })
    expect([preview.status, await preview.text()]).toEqual([200, expect.stringContaining('unknownAfter')])
    const costOfCall = 900 * 2_000 + 100 * 8_000
    expect(await previewCosts(web.services, projectId, 1, new Date())).toEqual({
      ...{ spans: 1, changed: 1, changeNanoUsd: costOfCall, unknownBefore: 1, unknownAfter: 0 },
    })
    expect(await previewCosts(web.services, projectId, 0, new Date())).toMatchObject({ spans: 2, changed: 2 })
    expect((await visitor.post(path, { intent: 'recompute', days: '12' })).status).toBe(400)
    expect((await visitor.post(path, { intent: 'recompute', days: '30' })).status).toBe(200)
    expect((await visitor.post(path, { intent: 'recompute', days: '30' })).status).toBe(409)
    expect(await page()).toContain('Waiting: it begins when all processes know the prices')
    const worker = recomputeCosts(web.services, { pollMs: 50, settleMs: -60_000, pricesKnownMs: 0 })
    const job = async () => (await listRecomputes(web.services.postgres, projectId))[0]
    await expect.poll(async () => (await job())?.status, { timeout: 120_000 }).toBe('done')
    await worker.stop()
    expect(await job()).toMatchObject({ changed: 2, createdBy: 'Ada Lovelace' })
    const after = await page()
    expect(after).toContain('Done')
    expect(after).not.toContain('of unknown cost')
  }, 180_000)

  it('end, or are taken back, once', async () => {
    const [row] = await ownRows()
    const version = String(row?.version)
    const statuses = []
    for (const intent of ['end', 'end', 'withdraw', 'withdraw'])
      statuses.push((await visitor.post(path, { intent, version })).status)
    expect(statuses).toEqual([200, 404, 200, 404])
    expect((await visitor.post(path, { intent: 'end', version: 'genai-prices@1' })).status).toBe(404)
    expect((await visitor.post(path, { intent: 'toString' })).status).toBe(400)
    expect(await page()).toContain('taken back')
  })

  it('are changed by owners and admins only', async () => {
    const { sql } = web.services.postgres
    await sql`update members set role = 'member' where project_id = ${projectId}`
    expect((await visitor.get(path)).status).toBe(200)
    expect(await page()).not.toContain('Set a price')
    for (const intent of ['add', 'end', 'preview', 'recompute'])
      expect((await visitor.post(path, { ...price, intent, days: '30' })).status).toBe(403)
  })
})
