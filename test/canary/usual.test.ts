import { expect, test } from 'vitest'
import { readUsual } from '../../db/canary-lines.ts'
import { dayMs } from '../../db/domain/time.ts'
import { mintProject } from '../setup/context.ts'
import { clickhouse, guards, projectOf, since, type User } from './users.ts'

test('what was usual before a canary gives each guardrail its value and spread', async () => {
  const at = (i: number) => new Date(since.getTime() - 6 * dayMs + i * 60_000)
  const users = Array.from(
    { length: 200 },
    (_, i): User => ({
      id: `user-${i}`,
      variant: 'default',
      at: at(i),
      failed: i % 20 === 0,
      ms: i % 2 === 0 ? 1000 : 1000 * Math.E,
      thumbs: i % 4 === 0 ? (i % 8 === 0 ? -1 : 1) : undefined,
    }),
  )
  const projectId = await projectOf(users)
  const set = { projectId, from: new Date(since.getTime() - 10 * dayMs), to: since }
  const ids = guards('error_rate', 'negative_feedback_rate', 'task_completion_rate', 'latency', 'cost_per_session')
  const usual = await readUsual(clickhouse, set, ids)
  expect(usual.usersADay).toBeCloseTo(20, 6)
  expect(usual.guardrails.error_rate).toEqual({ value: 0.05, baseline: { rate: 0.05 } })
  expect(usual.guardrails.task_completion_rate).toEqual({ value: 0.05, baseline: { rate: 0.05 } })
  expect(usual.guardrails.negative_feedback_rate).toEqual({ value: 0.5, baseline: { rate: 0.5 } })
  expect(usual.guardrails.latency).toEqual({
    value: expect.closeTo(1000 * Math.exp(0.5), 3),
    baseline: { spread: expect.closeTo(0.5, 6) },
  })
  expect(usual.guardrails.cost_per_session).toEqual({
    value: expect.closeTo(0.01, 9),
    baseline: { spread: expect.closeTo(0, 6) },
  })
  const nothing = await readUsual(clickhouse, { ...set, projectId: (await mintProject()).projectId }, ids)
  expect(nothing).toEqual({ lines: {}, users: 0, usersADay: 0, guardrails: {} })
})
