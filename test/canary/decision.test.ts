import { describe, expect, test } from 'vitest'
import { readUsual } from '../../db/canary-lines.ts'
import { armSeries, failingTraces } from '../../db/canary-traces.ts'
import { dayMs } from '../../db/domain/time.ts'
import { mintProject } from '../setup/context.ts'
import { arm, clickhouse, compare, guards, now, projectOf, since, stage, type User } from './users.ts'

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

  test('with one whale whose answers all fail, or all go well: of either arm, it decides nothing', async () => {
    const ordinary = ['canary', 'control'].flatMap(which => arm(which, 200, { bad: 12, as: { failed: true } }))
    const whale = (variant: string, failed: boolean): User => ({ id: 'whale', variant, failed, traces: 1500 })
    for (const failed of [true, false])
      for (const variant of ['canary', 'control'] as const) {
        const { arms, decision } = await compare(await projectOf([...ordinary, whale(variant, failed)]))
        expect(arms[variant]).toMatchObject({ users: 201, traces: 1700 })
        expect(decision, `${variant} ${failed}`).toMatchObject({ action: 'hold', reason: 'unsure' })
        expect(decision.guardrails[0]![variant].events).toBe(failed ? 13 : 12)
      }
  })

  test('in an outage of the canary alone: the fuse blows within minutes, unless that is usual', async () => {
    const minutes = new Date(since.getTime() + 20 * 60_000)
    const at = new Date(since.getTime() + 5 * 60_000)
    const users = [
      ...arm('canary', 12, { bad: 8, as: { failed: true } }),
      ...arm('control', 12, { bad: 1, as: { failed: true } }),
    ]
    const projectId = await projectOf(users.map(user => ({ ...user, at })))
    const early = await compare(projectId, { now: minutes })
    expect(early.decision).toMatchObject({ action: 'rollback', reason: 'fuse', about: ['error_rate'] })
    expect(early.sentence).toBe('Roll back: the fuse blew: errors 8.3 % → 66.7 %')
    const usual = { lines: {}, guardrails: { error_rate: { value: 0.3, baseline: { rate: 0.3 } } } }
    expect((await compare(projectId, { now: minutes, usual })).decision.action).toBe('hold')
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
