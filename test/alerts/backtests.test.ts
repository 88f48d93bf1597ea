import { expect, it } from 'vitest'
import { startBacktests } from '../../alerts/backtest.ts'
import { createBacktest, endBacktest, getBacktest, takeBacktest, tellProgress } from '../../db/backtests.ts'
import { alertRule } from '../../db/domain/alert-rule.ts'
import { dayMs } from '../../db/domain/time.ts'
import { createProject } from '../../db/projects.ts'
import { freshDatabase, testServices } from '../setup/context.ts'
import { days, storeDays } from './history.ts'

// The worker takes whatever waits, of all projects: it has a database of its own.
const services = await testServices({ DATABASE_URL: await freshDatabase() })
const { clickhouse, postgres } = services
const rule = alertRule.parse({ name: 'Try', metric: 'negative_feedback_rate', minUsers: 20 })
const midnight = Math.floor(Date.now() / dayMs) * dayMs

it('is tried by the worker, with progress, and found again by its id', async () => {
  const projectId = await createProject(postgres, { name: 'Test' })
  const traffic = [...days(14, { disliked: 0.1 }), ...days(7, { disliked: 0.6 })]
  await storeDays(clickhouse, projectId, new Date(midnight - 22 * dayMs), traffic)
  const id = await createBacktest(postgres, projectId, rule)
  const worker = startBacktests(services)
  await expect.poll(async () => (await getBacktest(postgres, projectId, id))?.status).toBe('done')
  await worker.stop()
  const found = (await getBacktest(postgres, projectId, id))!
  expect(found.result?.scopes[0]?.alarms).toHaveLength(1)
  expect(found.done).toBe(found.total)
  const other = await createProject(postgres, { name: 'Other' })
  expect(await getBacktest(postgres, other, id)).toBeUndefined()
})

it('says why it cannot be tried', async () => {
  const projectId = await createProject(postgres, { name: 'Empty' })
  const id = await createBacktest(postgres, projectId, rule)
  const worker = startBacktests({ ...services, log: { ...services.log, warn: () => {} } })
  await expect.poll(async () => (await getBacktest(postgres, projectId, id))?.status).toBe('failed')
  await worker.stop()
  expect((await getBacktest(postgres, projectId, id))?.error).toContain('too little history')
})

it('is taken by one worker at a time, and by another when that one died', async () => {
  const projectId = await createProject(postgres, { name: 'Test' })
  const id = await createBacktest(postgres, projectId, rule)
  expect((await takeBacktest(postgres, 300))?.id).toBe(id)
  expect(await takeBacktest(postgres, 300)).toBeUndefined()
  await tellProgress(postgres, id, { done: 5, total: 10 }, 300)
  expect(await getBacktest(postgres, projectId, id)).toMatchObject({ status: 'running', done: 5, total: 10 })
  await expect.poll(async () => (await takeBacktest(postgres, 300))?.id).toBe(id)
  await endBacktest(postgres, id, { status: 'queued' })
  expect((await takeBacktest(postgres, 300))?.id).toBe(id)
})
