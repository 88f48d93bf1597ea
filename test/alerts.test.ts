import { expect, it } from 'vitest'
import { checkMetric, checkProject } from '../alerts/check.ts'
import { alone, listOpenIncidents } from '../db/alerts.ts'
import type { Span } from '../db/domain/span.ts'
import { hourMs } from '../db/domain/time.ts'
import { readWeeks, weeks } from '../db/week-over-week.ts'
import { insertSignals, type SignalFields, storeSpans, trace } from './factories.ts'
import { mintProject, testStores } from './setup/context.ts'

const stores = testStores()
const now = new Date('2026-03-20T10:20:00Z')
const { baseline, current } = weeks(now)

/** Two weeks of 100 users with four traces each, a share of them disliked; the same users in both weeks. */
async function twoWeeks(disliked: { before: number; after: number }, serving: 'ai' | 'deterministic' = 'ai') {
  const { projectId } = await mintProject()
  const spans: Span[] = []
  const signals: SignalFields[] = []
  for (const [week, share] of [
    [baseline, disliked.before],
    [current, disliked.after],
  ] as const) {
    for (let i = 0; i < 400; i++) {
      const at = new Date(week.getTime() + (i % 168) * hourMs)
      const [root] = trace({ at, userId: `user-${i % 100}`, sessionId: `s-${i % 100}`, serving })
      if (!root) continue
      spans.push(root)
      const bad = i < share * 400
      signals.push({ traceId: root.traceId, kind: 'thumbs', value: bad ? -1 : 1, polarity: bad ? -1 : 1, at })
    }
  }
  await storeSpans(stores.clickhouse, projectId, spans)
  await insertSignals(stores.clickhouse, projectId, signals)
  return projectId
}

const checkFeedback = (projectId: string, at: Date) =>
  checkMetric(stores, { projectId, metric: 'negative_feedback_rate', now: at })

it('sums each user once a week, in the store', async () => {
  const projectId = await twoWeeks({ before: 0.1, after: 0.2 })
  const sums = await readWeeks(stores.clickhouse, { projectId, metric: 'negative_feedback_rate', now })
  expect(sums.baseline).toEqual({ users: 100, m: 40, d: 400, mm: 40, md: 160, dd: 1600 })
  expect(sums.current).toEqual({ users: 100, m: 80, d: 400, mm: 80, md: 320, dd: 1600 })
  expect(sums.cross).toEqual({ mm: 40, md: 320, dm: 160, dd: 1600 })
})

it('fires at the second check of a real regression, opens one incident, and ends it after three clear checks', async () => {
  const projectId = await twoWeeks({ before: 0.1, after: 0.2 })
  expect((await checkFeedback(projectId, now)).state).toBe('pending')
  expect(await listOpenIncidents(stores.postgres, projectId)).toEqual([])
  expect((await checkFeedback(projectId, now)).state).toBe('firing')
  expect((await checkFeedback(projectId, now)).state).toBe('firing')
  const [incident, ...others] = await listOpenIncidents(stores.postgres, projectId)
  expect(others).toEqual([])
  expect(incident).toMatchObject({ metric: 'negative_feedback_rate', evidence: { users: 100 } })
  expect(incident?.evidence.baseline).toBeCloseTo(0.1)
  expect(incident?.evidence.current).toBeCloseTo(0.2)
  expect(incident?.evidence.relative).toBeCloseTo(1)
  // A week later the bad week is the one compared with, and there are no traces: the incident stays until data is back.
  const later = new Date(now.getTime() + 7 * 24 * hourMs)
  expect((await checkFeedback(projectId, later)).state).toBe('firing')
  expect(await listOpenIncidents(stores.postgres, projectId)).toHaveLength(1)
})

it('stays quiet when nothing changed', async () => {
  const projectId = await twoWeeks({ before: 0.1, after: 0.1 })
  await checkProject(stores, projectId, now)
  const decisions = await checkProject(stores, projectId, now)
  expect(decisions.negative_feedback_rate.state).toBe('ok')
  expect(await listOpenIncidents(stores.postgres, projectId)).toEqual([])
})

it('leaves deterministic traces out: they are an arm of their own', async () => {
  const projectId = await twoWeeks({ before: 0.1, after: 0.5 }, 'deterministic')
  expect(await checkFeedback(projectId, now)).toMatchObject({
    state: 'no_data',
    reason: expect.stringContaining('0 in one'),
  })
})

it('sees nothing of another project', async () => {
  await twoWeeks({ before: 0.1, after: 0.5 })
  const { projectId } = await mintProject()
  const sums = await readWeeks(stores.clickhouse, { projectId, metric: 'negative_feedback_rate', now })
  expect(sums.current.users + sums.baseline.users).toBe(0)
})

it('lets one of two workers check at a time', async () => {
  let release = () => {}
  const held = new Promise<void>(resolve => {
    release = resolve
  })
  const first = alone(stores.postgres, 'alerts.test', () => held)
  await expect.poll(() => alone(stores.postgres, 'alerts.test', async () => {})).toBe(false)
  release()
  expect(await first).toBe(true)
  expect(await alone(stores.postgres, 'alerts.test', async () => {})).toBe(true)
})
