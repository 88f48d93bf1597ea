import { describe, expect, it } from 'vitest'
import { alertRule, defaultRules } from '../../../db/domain/alert-rule.ts'
import {
  atRest,
  type Decision,
  decide,
  judge,
  type Limits,
  looks,
  type Observation,
} from '../../../db/domain/alerts.ts'
import judgements from '../../cases/alerts/judgements.json' with { type: 'json' }
import machine from '../../cases/alerts/state-machine.json' with { type: 'json' }

const limits: Limits = { ...looks, threshold: 0.1, floor: 0, minUsers: 50, minEvents: 20, severity: 'page' }
const dayMs = 86_400_000
const start = Date.parse('2026-03-01T00:00:00Z')

const seen = (relative: number, se: number, more: Partial<Observation> = {}): Observation => ({
  worse: 'up',
  change: { current: 0.1 * (1 + relative), baseline: 0.1, relative, theta: Math.log(1 + relative), se },
  currentUsers: 500,
  baselineUsers: 500,
  baselineEvents: 100,
  effectiveUsers: 100,
  ...more,
})
const kinds: Record<string, Observation> = {
  worse: seen(0.5, 0.02),
  warning: seen(0.3, 0.08),
  slightly: seen(0.08, 0.01),
  fine: seen(0.01, 0.02),
  better: seen(-0.4, 0.02),
  scarce: seen(0.5, 0.02, { currentUsers: 3 }),
  distrusted: seen(0.5, 0.02, { untrusted: 'nothing arrived for 6 h' }),
}

describe('the state machine, a look a day', () => {
  it.each(machine)('$name', ({ looks: names, states, transitions }) => {
    const decisions: Decision[] = []
    for (const [day, name] of names.entries()) {
      const now = new Date(start + day * dayMs)
      decisions.push(decide(decisions.at(-1) ?? atRest(now), kinds[name]!, limits, now))
    }
    expect(decisions.map(({ state }) => state)).toEqual(states)
    expect(decisions.map(({ transition }) => transition ?? null)).toEqual(transitions)
    for (const { reason } of decisions) expect(reason).toMatch(/\w{3}/)
  })

  it('is pure: the same standing, observation and moment give the same decision', () => {
    const before = Object.freeze({ ...atRest(new Date(start)), hits: 1, state: 'pending' as const })
    const now = new Date(start + dayMs)
    expect(decide(before, kinds.worse!, limits, now)).toEqual(decide(before, kinds.worse!, limits, now))
  })
})

describe('what a look comes to', () => {
  it.each(judgements)('$name', ({ seen: given, expect: expected }) => {
    const g = given as Record<string, number | string | undefined>
    const relative = Number(g.relative ?? 0)
    const theta = Math.log(1 + relative)
    const baseline = Number(g.baseline ?? 0.1)
    const se = g.theta_over_se ? Math.abs(theta) / Number(g.theta_over_se) : Number(g.se ?? 0)
    const observation = seen(relative, se, {
      worse: g.worse === 'down' ? 'down' : 'up',
      change: 'noChange' in g ? undefined : { current: baseline * (1 + relative), baseline, relative, theta, se },
      ...(g.currentUsers !== undefined && { currentUsers: Number(g.currentUsers) }),
      ...(g.baselineUsers !== undefined && { baselineUsers: Number(g.baselineUsers) }),
      ...(g.baselineEvents !== undefined && { baselineEvents: Number(g.baselineEvents) }),
      ...(g.effectiveUsers !== undefined && { effectiveUsers: Number(g.effectiveUsers) }),
      untrusted: g.untrusted as string | undefined,
    })
    const limit = {
      ...limits,
      floor: Number(g.floor ?? 0),
      threshold: Number(g.threshold ?? 0.1),
      severity: (g.severity ?? 'page') as 'page',
    }
    const { reason, ...rest } = expected as { reason?: string }
    const judged = judge(observation, limit)
    expect(judged).toMatchObject(rest)
    if (reason) expect(judged.reason).toContain(reason)
  })
})

describe('rules', () => {
  it('are ten from the start: the five metrics of the whole project and of each workflow, at 10 %', () => {
    const rules = defaultRules()
    expect(rules).toHaveLength(10)
    expect(new Set(rules.map(({ key }) => key)).size).toBe(10)
    expect(rules.filter(rule => rule.eachWorkflow)).toHaveLength(5)
    for (const rule of rules)
      expect(rule).toMatchObject({ threshold: 0.1, windowHours: 168, minUsers: 50, minEvents: 20, enabled: true })
  })

  it.each([
    [{ metric: 'nonsense' }, 'metric'],
    [{ name: ' ' }, 'name'],
    [{ threshold: 0 }, 'threshold'],
    [{ threshold: 'many' }, 'threshold'],
    [{ windowHours: 0 }, 'windowHours'],
    [{ windowHours: 2.5 }, 'windowHours'],
    [{ minUsers: 1 }, 'minUsers'],
    [{ filters: { feedback: ['loud'] } }, 'filters'],
    [{ filters: { colour: ['red'] } }, 'filters'],
  ])('with %o are refused, by the name of what is wrong', (more, path) => {
    const parsed = alertRule.safeParse({ name: 'Slow answers', metric: 'latency', ...more })
    expect(parsed.error?.issues.map(issue => issue.path[0])).toEqual([path])
  })

  it('take any filter that traces can be narrowed by', () => {
    const filters = { workflow: ['support'], model: ['gpt-4o-2024-11-20'], tag: ['beta'] }
    expect(alertRule.parse({ name: 'x', metric: 'ttft', filters }).filters).toEqual(filters)
  })
})
