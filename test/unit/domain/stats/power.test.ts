import { describe, expect, it } from 'vitest'
import { guardrailById } from '../../../../db/domain/guardrails.ts'
import { canarySight, chanceToStop, type Traffic } from '../../../../db/domain/stats/power.ts'

const feedback = guardrailById('negative_feedback_rate')
const few: Traffic = { usersADay: 4000 / 56, share: 0.05, days: 56, alpha: 0.05, planned: 4000 }
const some: Traffic = { usersADay: 400, share: 0.5, days: 14, alpha: 0.0125, planned: 5600 }

describe('what a canary can see', () => {
  it('at 5 % of 4,000 users is a doubling of a 5 % rate, more often than not, and rarely a quarter more', () => {
    const chance = (worse: number) =>
      chanceToStop(feedback, { baseline: { rate: 0.05 }, worse }, few, { simulations: 400, seed: 2 })
    expect(chance(1)).toBeGreaterThan(0.5)
    expect(chance(1)).toBeLessThan(0.85)
    expect(chance(0.25)).toBeLessThan(0.15)
    expect(chance(0)).toBeLessThan(0.05)
  })

  it('grows with harm, and is the same for the same seed', () => {
    const sight = canarySight(feedback, { rate: 0.05 }, some)
    const chances = sight.chances.map(({ chance }) => chance)
    expect(chances).toEqual(chances.toSorted((a, b) => a - b))
    expect(chances.at(-1)).toBe(1)
    expect(sight.half).toBeGreaterThan(0.25)
    expect(sight.likely).toBeGreaterThan(sight.half!)
    expect(sight.safeAfterDays).toBeGreaterThan(20)
    expect(canarySight(feedback, { rate: 0.05 }, some)).toEqual(sight)
    expect(canarySight(feedback, { rate: 0.05 }, some, { seed: 9 })).not.toEqual(sight)
  })

  it('is sharper where users differ less', () => {
    const latency = guardrailById('latency')
    const [even, wild] = [0.4, 1.5].map(spread => canarySight(latency, { spread }, some))
    expect(even!.half).toBeLessThan(wild!.half!)
    expect(even!.safeAfterDays).toBeLessThan(wild!.safeAfterDays!)
  })

  it('is told by how users differ even where a day brings only a handful', () => {
    for (const id of ['latency', 'cost_per_session'] as const) {
      const days = [0.4, 1.5].map(
        spread => canarySight(guardrailById(id), { spread }, { ...some, usersADay: 20 }).safeAfterDays!,
      )
      expect(days[0]).toBeGreaterThan(20)
      expect(days[1]).toBeGreaterThan(5 * days[0]!)
    }
  })

  it('is the harm of a rate that must not fall, too', () => {
    const actions = canarySight(guardrailById('action_rate'), { rate: 0.2 }, some)
    expect(actions.chances.at(-1)!.chance).toBe(1)
  })

  it('is nothing without traffic or events', () => {
    expect(canarySight(feedback, { rate: 0.05 }, { ...some, usersADay: 0 })).toMatchObject({
      half: null,
      likely: null,
      safeAfterDays: null,
    })
    expect(canarySight(feedback, { rate: 0 }, some)).toMatchObject({ half: null, safeAfterDays: expect.any(Number) })
    expect(canarySight(guardrailById('cost_per_session'), { spread: 2 }, { ...some, usersADay: 0 }).half).toBeNull()
  })
})
