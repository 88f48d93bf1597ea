import { describe, expect, test } from 'vitest'
import { type CanaryStage, stageOf } from '../../db/canary-sums.ts'
import { cohortOf } from '../../db/domain/flags/evaluate.ts'
import { bucketOf } from '../../db/domain/flags/hash.ts'
import { dayMs, hourMs } from '../../db/domain/time.ts'
import { arm, compare, now, projectOf, since, type User } from './users.ts'

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

  test('of a share that leaps over half are of those who came then: most who waited in neither fall to the canary', async () => {
    const second = new Date(since.getTime() + 2 * dayMs)
    const dealt = (from: number, to: number, share: number, at: Date): User[] =>
      Array.from({ length: to - from }, (_, i) => `user-${from + i}`).map(id => ({
        ...{ id, at: new Date(at.getTime() + hourMs) },
        variant: cohortOf(bucketOf('salt', id), share),
      }))
    const users = [...dealt(0, 500, 2500, since), ...dealt(0, 900, 7500, second)]
    const stages = [stageOf(since, 2500), stageOf(second, 7500)]
    const { split, arms } = await compare(await projectOf(users), { stages })
    expect(split.state).toBe('sound')
    const due = 250 + 400
    expect(arms.canary.users + arms.control.users).toBeGreaterThan(due - 50)
    expect(arms.canary.users + arms.control.users).toBeLessThan(due + 50)
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

test.each([
  [1, 0.0001, 0.0001],
  [500, 0.05, 0.05],
  [5000, 0.5, 0.5],
  [7500, 0.75, 0.25],
  [10_000, 1, 0],
])(
  'a canary of %d hundredths of a percent has %d of the users, and its control %d',
  (share, canaryShare, controlShare) => expect(stageOf(since, share)).toEqual({ since, canaryShare, controlShare }),
)
