import { expect, it } from 'vitest'
import { addRule, changeBy, fine, look } from '../alerts/looks.ts'
import { storeSpans, trace } from '../factories.ts'
import { firstVisit, startTestWeb } from './web.ts'

it('shows an open incident first on the overview, in a sentence that opens it', async () => {
  const web = await startTestWeb()
  const { visitor, projectId } = await firstVisit(web)
  const { clickhouse, postgres } = web.services
  await storeSpans(clickhouse, projectId, trace({ at: new Date() }))
  const overview = async () => (await visitor.get(`/p/${projectId}/overview`)).text()
  expect(await overview()).not.toContain('on last week')

  const rule = await addRule(postgres, projectId)
  const day = (n: number) => new Date(Date.parse('2026-03-18T01:00:00Z') + n * 86_400_000)
  for (const at of [0, 1]) await look(postgres, rule, changeBy(0.3457), day(at))
  const page = (await overview()).replace(/<!-- -->/g, '')
  expect(page).toMatch(/Negative feedback is up 34\.6 % on last week/)
  expect(page).toContain('8.1 % → 10.9 %, 2,310 users, interval +12.0 % to +58.0 %')
  expect(page).toMatch(/alerts\/incidents\/\d+/)

  for (const at of [2, 3, 4]) await look(postgres, rule, fine, day(at))
  expect(await overview()).not.toContain('on last week')
})
