import { describe, expect, test } from 'vitest'
import { type CanaryQuestion, compareArms } from '../db/canary.ts'
import { readUsual } from '../db/canary-lines.ts'
import type { CanaryStage } from '../db/canary-sums.ts'
import { armSeries, failingTraces } from '../db/canary-traces.ts'
import { type GuardrailId, guardrailById } from '../db/domain/guardrails.ts'
import type { Span } from '../db/domain/span.ts'
import { dayMs, hourMs } from '../db/domain/time.ts'
import { insertSignals, modelCall, type SignalFields, storeSpans, trace } from './factories.ts'
import { mintProject, testStores } from './setup/context.ts'

const { clickhouse } = testStores()
const now = new Date('2026-06-20T12:00:00Z')
const since = new Date(now.getTime() - 4 * dayMs)
const stage = (share = 0.05, at = since): CanaryStage => ({ since: at, canaryShare: share, controlShare: share })
const guards = (...ids: GuardrailId[]) => ids.map(guardrailById)

type User = {
  id: string
  variant: string
  at?: Date
  failed?: boolean
  costUsd?: number
  ms?: number
  thumbs?: 1 | -1
  serving?: 'ai' | 'deterministic'
  traces?: number
}

/** Stores the traces of users, one each unless told, spread over the comparison's first days. */
async function projectOf(users: User[]) {
  const { projectId } = await mintProject()
  const spans: Span[] = []
  const signals: SignalFields[] = []
  for (const [i, user] of users.entries()) {
    for (let n = 0; n < (user.traces ?? 1); n++) {
      const at = user.at ?? new Date(since.getTime() + 1000 + ((i * 7919) % 5000) * 60_000 + n * 1000)
      const root = {
        at,
        durationMs: user.ms ?? 1000,
        userId: user.id,
        sessionId: user.id && `session-${user.id}`,
        workflow: 'support',
        serving: user.serving ?? ('ai' as const),
        status: user.failed ? ('error' as const) : ('ok' as const),
        featureFlags: { support: user.variant },
      }
      const made = trace(root, [modelCall({ at, costUsd: user.costUsd ?? 0.01 })])
      spans.push(...made)
      if (user.thumbs)
        signals.push({ traceId: made[0]!.traceId, kind: 'thumbs', value: user.thumbs, polarity: user.thumbs, at })
    }
  }
  await storeSpans(clickhouse, projectId, spans)
  await insertSignals(clickhouse, projectId, signals)
  return projectId
}

/** So many users of an arm, of whom the first `bad` are different. */
const arm = (variant: string, count: number, { bad = 0, as = {} }: { bad?: number; as?: Partial<User> } = {}): User[] =>
  Array.from({ length: count }, (_, i) => ({ id: `${variant}-${i}`, variant, ...(i < bad && as) }))

const question = (projectId: string, more: Partial<CanaryQuestion> = {}): CanaryQuestion => ({
  projectId,
  flag: 'support',
  stages: [stage()],
  now,
  guardrails: guards('error_rate'),
  plan: { planned: 2000, minUsers: 100, minDwellMs: dayMs },
  ...more,
})
const compare = (projectId: string, more: Partial<CanaryQuestion> = {}) =>
  compareArms(clickhouse, question(projectId, more))

describe('the arms of a canary', () => {
  test('are those of the flag alone: other variants, flags and projects are left out', async () => {
    const projectId = await projectOf([
      ...arm('canary', 30, { bad: 3, as: { failed: true } }),
      ...arm('control', 28, { bad: 2, as: { failed: true } }),
      ...arm('default', 50, { bad: 50, as: { failed: true } }),
      ...arm('preview', 5),
      ...arm('off', 5, { bad: 5, as: { serving: 'deterministic' } }),
    ])
    await projectOf(arm('canary', 10))
    const { arms, split, decision, usersADay } = await compare(projectId)
    expect(arms).toEqual({
      canary: { users: 30, traces: 30, deterministic: 0, crossed: 0 },
      control: { users: 28, traces: 28, deterministic: 0, crossed: 0 },
    })
    expect(split).toMatchObject({ canary: 30, control: 28, state: 'sound', expected: 0.5 })
    expect(decision.guardrails[0]).toMatchObject({
      canary: { users: 30, value: 0.1, events: 3 },
      control: { users: 28, value: 2 / 28, events: 2 },
    })
    expect(usersADay).toBeCloseTo(58 / 4, 6)
    expect((await compare(projectId, { flag: 'other' })).arms.canary.users).toBe(0)
  })

  test('never mix in what the deterministic path served, but count it and its users as exposed', async () => {
    const users = [
      ...arm('canary', 40, { bad: 10, as: { serving: 'deterministic', failed: true } }),
      ...arm('control', 40),
    ]
    const { arms, decision, split } = await compare(await projectOf(users))
    expect(arms.canary).toMatchObject({ users: 40, deterministic: 10 })
    expect(split.canary).toBe(40)
    expect(decision.guardrails[0]!.canary).toMatchObject({ users: 30, value: 0, events: 0 })
  })

  test('keep a user in the arm that came first, until the border of a ramp moves over them', async () => {
    const later = new Date(since.getTime() + 2 * dayMs)
    const users: User[] = [
      ...arm('canary', 20),
      ...arm('control', 20),
      // Ten of the control are the canary's later, and fail there.
      ...Array.from({ length: 10 }, (_, i) => ({ id: `control-${i}`, variant: 'canary', failed: true, at: now })),
    ].map(user => ({
      ...user,
      at: user.at === now ? new Date(later.getTime() + hourMs) : new Date(since.getTime() + 1),
    }))
    const { arms, decision } = await compare(await projectOf(users))
    expect(arms.control).toMatchObject({ users: 20, traces: 20, crossed: 10 })
    expect(arms.canary).toMatchObject({ users: 20, traces: 20, crossed: 0 })
    expect(decision.guardrails[0]!.canary.value).toBe(0)
  })

  test('sum each user once, however many traces they have, and a trace without a user by its session', async () => {
    const users: User[] = [
      { id: 'busy', variant: 'canary', traces: 50, failed: true },
      ...arm('canary', 9),
      ...arm('control', 10),
      { id: '', variant: 'control' },
    ]
    const { arms, decision } = await compare(await projectOf(users))
    expect(arms.canary).toMatchObject({ users: 10, traces: 59 })
    expect(arms.control.users).toBe(11)
    expect(decision.guardrails[0]!.canary).toMatchObject({ events: 1, value: 50 / 59 })
  })

  test('tell stages apart: each is split by its own share, and one without a control is left out', async () => {
    const second = new Date(since.getTime() + dayMs)
    const third = new Date(since.getTime() + 3 * dayMs)
    const at = (moment: Date, users: User[]) =>
      users.map(user => ({ ...user, id: `${user.id}-${+moment}`, at: moment }))
    const users = [
      ...at(new Date(since.getTime() + 1), [...arm('canary', 10), ...arm('control', 90)]),
      ...at(second, [...arm('canary', 50, { bad: 5, as: { failed: true } }), ...arm('control', 50)]),
      ...at(third, arm('canary', 200, { bad: 100, as: { failed: true } })),
    ]
    const stages: CanaryStage[] = [
      { since, canaryShare: 0.05, controlShare: 0.45 },
      { since: second, canaryShare: 0.5, controlShare: 0.5 },
      { since: third, canaryShare: 1, controlShare: 0 },
    ]
    const { split, decision, arms } = await compare(await projectOf(users), { stages })
    expect(arms.canary.users).toBe(260)
    expect(split).toMatchObject({ canary: 260, control: 140, state: 'sound' })
    expect(decision.guardrails[0]!.canary).toMatchObject({ users: 60, events: 5 })
  })
})

describe('a canary is judged', () => {
  test('harmful: rolled back with the numbers, and its failing traces are shown', async () => {
    const users = [
      ...arm('canary', 200, { bad: 60, as: { failed: true } }),
      ...arm('control', 200, { bad: 16, as: { failed: true } }),
    ]
    const projectId = await projectOf(users)
    const { decision, sentence } = await compare(projectId)
    expect(decision).toMatchObject({ action: 'rollback', reason: 'harm', about: ['error_rate'] })
    expect(sentence).toMatch(
      /^Roll back: errors are surely worse than the control's \(8.0 % → 30.0 %, at least \d+ % worse\)$/,
    )
    const window = { projectId, flag: 'support', from: since, to: now }
    const failing = await failingTraces(clickhouse, window, 5)
    expect(failing).toHaveLength(5)
    for (const found of failing) expect(found).toMatchObject({ status: 'error', variants: ['support=canary'] })
    const series = await armSeries(clickhouse, window, ['error_rate'], 86_400)
    const totals = (which: 'canary' | 'control') =>
      series[which].error_rate.reduce((sum, { reading }) => sum + (reading?.numerator ?? 0), 0)
    expect([totals('canary'), totals('control')]).toEqual([60, 16])
  })

  test('harmless: promoted when it was long enough, held until then', async () => {
    const projectId = await projectOf([...arm('canary', 400), ...arm('control', 400)])
    const held = await compare(projectId, { plan: { planned: 2000, minUsers: 100, minDwellMs: 5 * dayMs } })
    expect(held.sentence).toMatch(/^Hold: .*$/)
    expect(held.decision.action).toBe('hold')
    const latency = await compare(projectId, { guardrails: guards('latency') })
    expect(latency).toMatchObject({
      decision: { action: 'promote' },
      sentence: 'Promote: the guardrail is safe after 800 users',
    })
  })

  test('with small traffic: held, telling how many users and days are missing', async () => {
    const users = [
      ...arm('canary', 20, { bad: 2, as: { failed: true } }),
      ...arm('control', 20, { bad: 1, as: { failed: true } }),
    ]
    const { decision, sentence } = await compare(await projectOf(users))
    expect(decision).toMatchObject({ action: 'hold', reason: 'unsure' })
    expect(decision.missing!.users).toBeGreaterThan(500)
    expect(decision.missing!.days).toBeGreaterThan(50)
    expect(sentence).toMatch(/^Hold: errors need about [\d,]+ more users, (\d+ days|years) at this traffic$/)
  })

  test('without control traffic: nothing to compare with, whatever the canary looks like', async () => {
    const { decision, sentence } = await compare(await projectOf(arm('canary', 300, { bad: 30, as: { failed: true } })))
    expect(decision).toMatchObject({ action: 'hold', reason: 'no_control' })
    expect(sentence).toContain('nobody has been in the control')
  })

  test('before anybody came, and before it began', async () => {
    const { projectId } = await mintProject()
    expect((await compare(projectId)).decision).toMatchObject({ action: 'hold', reason: 'no_users' })
    expect((await compare(projectId, { stages: [] })).decision).toMatchObject({ action: 'hold', reason: 'no_users' })
    expect((await compare(projectId, { stages: [stage(0.05, new Date(now.getTime() + 1))] })).decision.reason).toBe(
      'no_users',
    )
  })

  test('with the feedback widget off: no data is not safe', async () => {
    const projectId = await projectOf([...arm('canary', 400), ...arm('control', 400)])
    const { decision, parity, sentence } = await compare(projectId, {
      guardrails: guards('negative_feedback_rate', 'latency'),
    })
    expect(parity.state).toBe('unknown')
    expect(decision).toMatchObject({ action: 'hold', reason: 'unsure', about: ['negative_feedback_rate'] })
    expect(sentence).toBe('Hold: 1 of 2 guardrails is safe; negative feedback has no data')
  })

  test('with the feedback widget off in the canary: untrusted, though nobody complains', async () => {
    const users = [...arm('canary', 200), ...arm('control', 200, { bad: 40, as: { thumbs: 1 } })]
    const { decision, parity } = await compare(await projectOf(users), { guardrails: guards('negative_feedback_rate') })
    expect(parity).toMatchObject({ state: 'parted', canary: 0, control: 0.2 })
    expect(decision).toMatchObject({ action: 'hold', reason: 'feedback_parted', untrusted: true })
  })

  test('with one whale: the frozen line cuts it to size, and without a line it outweighs all others', async () => {
    const before = arm('default', 300).map((user, i) => ({
      ...user,
      at: new Date(since.getTime() - dayMs - i * 60_000),
      costUsd: 0.01 + (i % 10) / 1000,
    }))
    const spread = (users: User[]) =>
      users.map((user, i) => ({ ...user, costUsd: user.costUsd ?? 0.01 + (i % 10) / 1000 }))
    const whale = { costUsd: 500 }
    const users = [...spread(arm('canary', 300, { bad: 1, as: whale })), ...spread(arm('control', 300)), ...before]
    const projectId = await projectOf(users)
    const cost = guards('cost_per_session')
    const usual = await readUsual(
      clickhouse,
      { projectId, from: new Date(since.getTime() - 14 * dayMs), to: since, filters: { workflow: ['support'] } },
      cost,
    )
    expect(usual).toMatchObject({ users: 300, lines: { costCap: expect.closeTo(0.019, 6), slowMs: 1000 } })
    const capped = await compare(projectId, { guardrails: cost, usual })
    expect(capped.decision).toMatchObject({ action: 'promote', reason: 'all_safe' })
    expect(capped.decision.guardrails[0]!.canary.value).toBeCloseTo(0.0145, 3)
    const bare = await compare(projectId, { guardrails: cost })
    expect(bare.decision).toMatchObject({ action: 'hold', reason: 'unsure' })
    expect(bare.decision.guardrails[0]!.reason).toBe('few_users')
  })

  test('in an outage that hits both arms: held, and nobody is blamed', async () => {
    const users = [
      ...arm('canary', 200, { bad: 140, as: { failed: true } }),
      ...arm('control', 200, { bad: 138, as: { failed: true } }),
    ]
    const { decision, sentence } = await compare(await projectOf(users))
    expect(decision).toMatchObject({ action: 'hold', reason: 'outage' })
    expect(sentence).toContain('says nothing about the canary')
  })

  test('when the draw is not sound: held, whatever the figures say', async () => {
    const { decision, split } = await compare(await projectOf([...arm('canary', 300), ...arm('control', 200)]))
    expect(split.state).toBe('unsound')
    expect(decision).toMatchObject({ action: 'hold', reason: 'split_unsound', untrusted: true })
  })

  test('by the share slower than a frozen p95', async () => {
    const slow = { ms: 9000 }
    const users = [...arm('canary', 300, { bad: 90, as: slow }), ...arm('control', 300, { bad: 15, as: slow })]
    const projectId = await projectOf(users)
    const tail = guards('latency_tail')
    const { decision } = await compare(projectId, {
      guardrails: tail,
      usual: { lines: { slowMs: 5000 }, guardrails: {} },
    })
    expect(decision).toMatchObject({ action: 'rollback', about: ['latency_tail'] })
    expect(decision.guardrails[0]).toMatchObject({ canary: { value: 0.3 }, control: { value: 0.05 } })
    const without = await compare(projectId, { guardrails: tail })
    expect(without.decision.guardrails[0]).toMatchObject({ verdict: 'no_data' })
  })
})

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
