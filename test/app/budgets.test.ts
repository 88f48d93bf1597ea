import { beforeAll, describe, expect, it } from 'vitest'
import { reserveSpend, settleSpend } from '../../db/budgets.ts'
import { openPrices } from '../../db/costs.ts'
import { readSettings } from '../../db/projects.ts'
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
  // As ingest does, and the workers do, when they start.
  await openPrices(web.services.postgres)
})

const save = async (project: string, user: string) => {
  const fields = { intent: 'budgets', budgetUsdPerDay: project, userBudgetUsdPerDay: user }
  const answer = await visitor.post(`${path}?index`, fields)
  return { status: answer.status, text: await answer.text() }
}
const kept = async () => {
  const { budgetUsdPerDay, userBudgetUsdPerDay } = await readSettings(web.services.postgres, projectId)
  return [budgetUsdPerDay, userBudgetUsdPerDay]
}
const rowsOf = (text: string, label: string) => {
  const table = text.replaceAll('<!-- -->', '').split(`aria-label="${label}"`)[1]?.split('</table>')[0] ?? ''
  return [...table.matchAll(/<tr><th scope="row">.*?<\/tr>/gs)].map(([row]) =>
    [...row.matchAll(/>([^<>]+)</g)].map(([, cell]) => cell),
  )
}
const page = async () => (await visitor.get(path)).text()

describe('budgets', () => {
  it('are none at first, and nothing is counted', async () => {
    expect(await kept()).toEqual([null, null])
    expect(await page()).toContain('Nothing is counted while there is no budget.')
  })

  it('are saved, shown, and taken away again, and the history says from what to what', async () => {
    expect(await save('12.5', ' 0.25 ')).toMatchObject({ status: 200, text: expect.stringContaining('Budgets saved.') })
    expect(await kept()).toEqual([12.5, 0.25])
    expect(await page()).toMatch(/value="12\.5"[\s\S]*value="0\.25"/)
    expect((await save('12.5', '')).status).toBe(200)
    expect(await kept()).toEqual([12.5, null])
    const history = await (await visitor.get(`${path}/history`)).text()
    expect(history).toContain('changed the budgets, in US dollars a day, of')
    expect(history).toMatch(/each user.{0,30}none → 0\.25/)
    expect(history).toMatch(/each user.{0,30}0\.25 → none/)
    const entries = () => web.services.postgres.sql`select from audit_log where action = 'budget.changed'`
    const before = (await entries()).length
    await save('12.5', '')
    expect(await entries()).toHaveLength(before)
  })

  it('are compared with the longest answer of each model, before anything is refused', async () => {
    const longest = async () => rowsOf(await page(), 'One longest answer of each model')
    const name = 'openai/gpt-4.1-mini-2025-04-14'
    const longestAnswer = ['$0.052', '32,768']
    await save('', '')
    expect(await longest()).toEqual([[name, ...longestAnswer]])
    await save('0.06', '10')
    expect(await longest()).toEqual([[name, '1', ...longestAnswer]])
    await save('10', '0.01')
    expect(await longest()).toEqual([[name, 'none: all refused', ...longestAnswer]])
    await save('12.5', '')
  })

  it.each([
    ['-1', '', 'Must be at least $0.0001; leave it empty for no budget.'],
    ['0', '', 'Must be at least $0.0001; leave it empty for no budget.'],
    ['', '2000000', 'At most $1,000,000; leave it empty for no budget.'],
    ['Infinity', '', 'Enter US dollars, or nothing.'],
    ['', 'ten', 'Enter US dollars, or nothing.'],
    ['1,5', '', 'Enter US dollars, or nothing.'],
  ])('refuse %j and %j', async (project, user, sentence) => {
    const before = await kept()
    const { status, text } = await save(project, user)
    expect([status, text.includes(sentence)]).toEqual([400, true])
    expect(await kept()).toEqual(before)
  })

  it('stay when the other settings are saved, and those when they are', async () => {
    await save('3', '1')
    const settings = { ratingNegativeBelow: '0.3', ratingPositiveAbove: '0.6', editPositiveUpTo: '0.2' }
    const rest = { editNegativeAbove: '0.5', maxQueuedRuns: '77', maxRunsPerUser: '5', name: 'Support desk' }
    const answer = await visitor.post(`${path}?index`, { ...settings, ...rest })
    expect([answer.status, await kept()]).toEqual([200, [3, 1]])
    await save('4', '1')
    expect((await readSettings(web.services.postgres, projectId)).maxQueuedRuns).toBe(77)
  })

  it('tell what is spent, reserved and left today, of all and of those who spent most', async () => {
    const { postgres } = web.services
    await save('10', '4')
    const budgets = { project: 10e9, user: 4e9 }
    for (const [userId, cost] of Object.entries({ ada: 3, bob: 1, cy: 0.5, di: 0.4, eve: 0.3, fay: 0.2 })) {
      const reserved = await reserveSpend(postgres, { projectId, userId }, { budgets, nanoUsd: 1e9 })
      if ('id' in reserved) await settleSpend(postgres, reserved.id, cost * 1e9)
    }
    await reserveSpend(postgres, { projectId, userId: 'bob' }, { budgets, nanoUsd: 1.5e9 })
    expect(rowsOf(await page(), 'Spent today')).toEqual([
      ['All runs', '$5.40', '$1.50', '$3.10'],
      ['ada', '$3.00', '$0', '$1.00'],
      ['bob', '$1.00', '$1.50', '$1.50'],
      ['cy', '$0.50', '$0', '$3.50'],
      ['di', '$0.40', '$0', '$3.60'],
      ['eve', '$0.30', '$0', '$3.70'],
    ])
  })

  it('can be looked at, but not changed, by a viewer', async () => {
    const before = await kept()
    await web.services.postgres.sql`update members set role = 'viewer' where project_id = ${projectId}`
    expect((await save('1', '1')).status).toBe(403)
    expect(await kept()).toEqual(before)
    const text = await page()
    expect([text.includes('Spent today'), text.includes('Save budgets')]).toEqual([true, false])
  })
})
