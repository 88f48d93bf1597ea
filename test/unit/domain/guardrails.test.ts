import { expect, it } from 'vitest'
import { flag, type WorkflowFlag } from '../../../db/domain/flags/flag.ts'
import { defaultGuardrails, heldTo } from '../../../db/domain/guardrails.ts'

const parse = (fields: object = {}) => flag.safeParse({ kind: 'workflow', key: 'support', salt: 's', ...fields })
const held = (fields: object = {}) => heldTo((parse(fields).data as WorkflowFlag).guardrails)

it('a flag that names none is held to the usual ones', () => {
  expect(held().map(({ id }) => id)).toEqual([...defaultGuardrails])
  expect(held().find(({ id }) => id === 'latency')?.tolerance).toBe(0.15)
})

it('a flag is held to those it names, in the usual order, with what it tolerates', () => {
  const guardrails = { tool_failure_rate: { tolerance: 0.1 }, negative_feedback_rate: {} }
  expect(held({ guardrails })).toMatchObject([
    { id: 'negative_feedback_rate', tolerance: 0.25, restsOnFeedback: true },
    { id: 'tool_failure_rate', tolerance: 0.1, scale: 'share' },
  ])
})

it.each([
  [{}, 'guardrails', 'must name a guardrail'],
  [{ speed: {} }, 'guardrails', 'speed'],
  [{ latency: { tolerance: 0 } }, 'guardrails.latency.tolerance', 'must be at least 1 %'],
  [{ latency: { tolerance: 1.5 } }, 'guardrails.latency.tolerance', 'must be at most 100 %'],
])('refuses %j', (guardrails, path, words) => {
  const issues = parse({ guardrails }).error?.issues ?? []
  expect(issues.map(issue => [issue.path.join('.'), issue.message])).toContainEqual([
    path,
    expect.stringContaining(words),
  ])
})
