import { expect, it } from 'vitest'
import { recordVerdict } from '../../db/alerts.ts'
import { atRest } from '../../db/domain/alerts.ts'
import { storeSpans, trace } from '../factories.ts'
import { firstVisit, startTestWeb } from './web.ts'

it('shows an open incident first on the overview, in a sentence that opens the traces of that week', async () => {
  const web = await startTestWeb()
  const { visitor, projectId } = await firstVisit(web)
  const { clickhouse, postgres } = web.services
  await storeSpans(clickhouse, projectId, trace({ at: new Date() }))
  const overview = async () => (await visitor.get(`/p/${projectId}/overview`)).text()
  expect(await overview()).not.toContain('on last week')

  const evidence = { current: 0.109, baseline: 0.081, relative: 0.3457, low: 0.12, high: 0.58, users: 2310 }
  const common = { projectId, metric: 'negative_feedback_rate', evidence, now: new Date('2026-03-20T10:00:00Z') }
  const open = { state: 'firing' as const, hits: 2, clears: 0 }
  await recordVerdict(postgres, { ...common, before: atRest, decision: { ...open, reason: 'worse', severity: 'page' } })
  const page = (await overview()).replace(/<!-- -->/g, '')
  expect(page).toMatch(/Negative feedback is up 34\.6 % on last week/)
  expect(page).toContain('8.1 % → 10.9 %, 2,310 users, interval +12.0 % to +58.0 %')
  expect(page).toMatch(/traces\?from=2026-03-13[^"]*feedback=negative/)

  await recordVerdict(postgres, { ...common, before: open, decision: { ...atRest, reason: 'over', severity: 'page' } })
  expect(await overview()).not.toContain('on last week')
})
