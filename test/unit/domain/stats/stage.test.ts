import { describe, expect, it, test } from 'vitest'
import { type GuardrailId, guardrailById } from '../../../../db/domain/guardrails.ts'
import { stageSentence } from '../../../../db/domain/stage-sentence.ts'
import type { GuardrailData } from '../../../../db/domain/stats/guardrail.ts'
import { judgeParity } from '../../../../db/domain/stats/parity.ts'
import { type Enrolled, judgeSplit } from '../../../../db/domain/stats/split.ts'
import { decideStage, type StageLook } from '../../../../db/domain/stats/stage.ts'
import { addSums } from '../../../../db/domain/stats/sums.ts'
import { dayMs } from '../../../../db/domain/time.ts'
import cases from '../../../cases/stage.json' with { type: 'json' }
import { meanSums, shares, sumsOf } from './sums-of.ts'

type Pair = [number, number]
/**
 * `[events, users]` of a share; `[users, mean, deviation]` of ln(latency); users one by one as `[M, D]`. A whale is one
 * user more of an arm, as `[M, D]`.
 */
type Arms = { canary: number[] | Pair[]; control: number[] | Pair[]; whale?: { canary?: Pair; control?: Pair } }
type Case = {
  name: string
  guardrails: Partial<Record<GuardrailId, Arms>>
  enrolled?: Enrolled[]
  answered?: { canary: Pair; control: Pair }
  days?: number
  usersADay?: number
  expect: object
  sentence?: string
}

const enteredAt = new Date('2026-03-01T00:00:00Z')
const plan = { planned: 10_000, minUsers: 200, minDwellMs: 2 * dayMs }
const even: Enrolled[] = [{ canary: 4000, control: 4000, share: 0.5 }]

function dataOf(id: GuardrailId, { canary, control }: Arms, share: number): GuardrailData {
  const guardrail = guardrailById(id)
  if (Array.isArray(canary[0])) {
    const events = (arm: Arms['canary']) => (arm as Pair[]).filter(([m]) => m > 0).length
    const splits = [{ events: events(canary) + events(control), inCanary: events(canary), share }]
    return {
      canary: sumsOf(canary as Pair[]),
      control: sumsOf(control as Pair[]),
      ...(guardrail.scale === 'share' && { splits }),
    }
  }
  if (guardrail.scale === 'share') return shares(canary as Pair, control as Pair, share)
  return {
    canary: meanSums(...(canary as [number, number, number])),
    control: meanSums(...(control as [number, number, number])),
  }
}

function withWhale(data: GuardrailData, whale: Arms['whale'] = {}): GuardrailData {
  const arm = (which: 'canary' | 'control') => addSums(data[which], sumsOf(whale[which] ? [whale[which]] : []))
  const [inCanary, inControl] = [whale.canary, whale.control].map(user => (user && user[0] > 0 ? 1 : 0))
  const splits = data.splits?.map(split => ({
    ...split,
    events: split.events + inCanary! + inControl!,
    inCanary: split.inCanary + inCanary!,
  }))
  return { canary: arm('canary'), control: arm('control'), ...(splits && { splits }) }
}

function lookOf({ guardrails, enrolled = even, answered, days = 3, usersADay = 2000 }: Case): StageLook {
  const share = enrolled[0]?.share ?? 0.5
  const of = (pair: Pair) => ({ users: pair[1], answered: pair[0] })
  return {
    guardrails: Object.entries(guardrails).map(([id, arms]) => ({
      guardrail: guardrailById(id as GuardrailId),
      data: withWhale(dataOf(id as GuardrailId, arms, share), arms.whale),
    })),
    split: judgeSplit(enrolled),
    parity:
      answered &&
      judgeParity({
        canary: of(answered.canary),
        control: of(answered.control),
        answers: [{ events: answered.canary[0] + answered.control[0], inCanary: answered.canary[0], share }],
      }),
    plan,
    enteredAt,
    now: new Date(enteredAt.getTime() + days * dayMs),
    usersADay,
  }
}

describe('the decision of a stage', () => {
  test.each(cases as unknown as Case[])('$name', given => {
    const look = lookOf(given)
    const decision = decideStage(look)
    expect(decision).toMatchObject(given.expect)
    expect(stageSentence({ decision, ...look })).toBe(given.sentence)
  })

  it('shares alpha among the guardrails', () => {
    const alone: Case = {
      name: '',
      guardrails: { error_rate: { canary: [225, 4000], control: [165, 4000] } },
      expect: {},
    }
    const calm: Arms = { canary: [200, 4000], control: [200, 4000] }
    expect(decideStage(lookOf(alone)).action).toBe('rollback')
    const many = {
      ...alone.guardrails,
      task_completion_rate: calm,
      tool_failure_rate: calm,
      negative_feedback_rate: calm,
    }
    const decision = decideStage(lookOf({ ...alone, guardrails: many }))
    expect(decision.guardrails[0]!.evidence).toMatchObject({ needed: 80 })
    expect(decision.action).toBe('hold')
  })

  it('tells at twenty users what it tells at two hundred, when they differ alike', () => {
    const needed = [20, 200].map(users => {
      const latency: Arms = { canary: [users, 7, 0.9], control: [users, 7, 0.9] }
      const enrolled = [{ canary: users, control: users, share: 0.5 }]
      return 2 * users + decideStage(lookOf({ name: '', guardrails: { latency }, enrolled, expect: {} })).missing!.users
    })
    expect(needed[0]! / needed[1]!).toBeCloseTo(1, 1)
  })

  it('tells how many users are missing, and then that many are enough', () => {
    const latency = (users: number): Case => ({
      name: '',
      guardrails: { latency: { canary: [users, 7.02, 0.9], control: [users, 7, 0.9] } },
      enrolled: [{ canary: users, control: users, share: 0.5 }],
      expect: {},
    })
    const held = decideStage(lookOf(latency(700)))
    expect(held).toMatchObject({ action: 'hold', reason: 'unsure', about: ['latency'] })
    const { users, days } = held.missing!
    expect(days).toBeCloseTo(users / 2000, 10)
    expect(decideStage(lookOf(latency(Math.ceil(700 + users / 2))))).toMatchObject({ action: 'promote' })
    expect(decideStage(lookOf(latency(Math.ceil(700 + users / 2.3))))).toMatchObject({ action: 'hold' })
  })
})
