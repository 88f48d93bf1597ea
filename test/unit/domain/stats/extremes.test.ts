import { describe, expect, it, test } from 'vitest'
import { guardrails } from '../../../../db/domain/guardrails.ts'
import type { GuardrailData } from '../../../../db/domain/stats/guardrail.ts'
import { readGuardrail } from '../../../../db/domain/stats/guardrail-reading.ts'
import { judgeParity } from '../../../../db/domain/stats/parity.ts'
import { seededRandom } from '../../../../db/domain/stats/random.ts'
import { judgeSplit } from '../../../../db/domain/stats/split.ts'
import { decideStage } from '../../../../db/domain/stats/stage.ts'
import { noUsers, type UserSums } from '../../../../db/domain/stats/sums.ts'
import { meanSums, shareSums, sumsOf } from './sums-of.ts'

const rules = { alpha: 0.0125, planned: 10_000, usersADay: 100 }
const now = new Date('2026-03-02T00:00:00Z')

/** Numbers that no page or JSON can carry, and where they stand. */
function nonsense(value: unknown, path = ''): string[] {
  if (typeof value === 'number') return Number.isFinite(value) ? [] : [`${path} is ${value}`]
  if (value === null || typeof value !== 'object' || value instanceof Date) return []
  return Object.entries(value).flatMap(([key, inner]) => nonsense(inner, `${path}.${key}`))
}

const whale: UserSums = sumsOf([[1e12, 1], ...Array.from({ length: 99 }, () => [1e-9, 1] as const)])
const arms: Record<string, UserSums> = {
  none: noUsers,
  'one user': sumsOf([[1, 1]]),
  'one user without the event': sumsOf([[0, 1]]),
  'users who did nothing': sumsOf(Array.from({ length: 50 }, () => [0, 0] as const)),
  'no events': shareSums(0, 1000),
  'all events': shareSums(1000, 1000),
  'ten million': shareSums(500_000, 10_000_000),
  'ten million, no events': shareSums(0, 10_000_000),
  whale,
  'no spread': meanSums(500, 7, 0),
}

describe('extreme inputs', () => {
  const pairs = Object.keys(arms).flatMap(canary => Object.keys(arms).map(control => [canary, control] as const))
  test.each([0.5, 0.05, 0.0001, 0.9999])('give no NaN and no infinity at a share of %d', share => {
    for (const [canary, control] of pairs) {
      const [a, b] = [arms[canary]!, arms[control]!]
      const inCanary = Math.min(a.m, a.users)
      const splits = [{ events: inCanary + Math.min(b.m, b.users), inCanary, share }]
      const data: GuardrailData = { canary: a, control: b, splits }
      for (const guardrail of guardrails) {
        const reading = readGuardrail(guardrail, data, rules)
        expect(nonsense(reading), `${guardrail.id}: ${canary} against ${control}`).toEqual([])
      }
      const decision = decideStage({
        guardrails: guardrails.map(guardrail => ({ guardrail, data })),
        split: judgeSplit([{ canary: a.users, control: b.users, share }]),
        parity: judgeParity({
          canary: { users: a.users, answered: inCanary },
          control: { users: b.users, answered: 0 },
          answers: splits,
        }),
        plan: { planned: 0, minUsers: 0, minDwellMs: 0 },
        enteredAt: now,
        now,
        usersADay: 0,
      })
      expect(nonsense(decision), `${canary} against ${control}`).toEqual([])
      if (a.users < 30 || b.users < 30) expect(decision.action, `${canary} against ${control}`).not.toBe('promote')
    }
  })

  it('give a number for any counts at random', () => {
    const { uniform } = seededRandom(5)
    const upTo = (most: number) => Math.floor(uniform() ** 4 * most)
    for (let i = 0; i < 400; i++) {
      const [users, others] = [upTo(1e7), upTo(1e7)]
      const [events, rest] = [upTo(users + 1), upTo(others + 1)]
      const data = {
        canary: shareSums(events, users),
        control: shareSums(rest, others),
        splits: [{ events: events + rest, inCanary: events, share: Math.max(1e-4, uniform()) }],
      }
      const reading = readGuardrail(guardrails[i % guardrails.length]!, data, rules)
      expect(nonsense(reading), JSON.stringify(data)).toEqual([])
      const { harm } = reading
      if (harm?.low != null && harm.high != null) expect(harm.low).toBeLessThanOrEqual(harm.high)
    }
  })

  it('survive JSON unchanged', () => {
    const data = { canary: shareSums(0, 1000), control: shareSums(3, 1000), splits: [] }
    const reading = readGuardrail(guardrails[0]!, data, rules)
    expect(JSON.parse(JSON.stringify(reading))).toEqual(reading)
  })
})
