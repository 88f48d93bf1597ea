import { limitsOf } from '../../alerts/observe.ts'
import { createRule, getRule, type StoredRule } from '../../db/alert-rules.ts'
import { readStandings, recordLook, standingKey } from '../../db/alerts.ts'
import { alertRule, type Lane } from '../../db/domain/alert-rule.ts'
import { atRest, type Decision, decide, type Observation } from '../../db/domain/alerts.ts'
import type { MetricId } from '../../db/domain/metrics.ts'
import type { Postgres } from '../../db/postgres.ts'
import { evidence } from './told.ts'

type Store = Pick<Postgres, 'orm' | 'sql'>

/** A change of so much, as a look sees it: `se` is its standard error on the log scale. */
export const changeBy = (relative: number, se = 0.02): Observation => {
  const theta = Math.log(1 + relative)
  return {
    worse: 'up',
    change: { current: 0.1 * (1 + relative), baseline: 0.1, relative, theta, se },
    currentUsers: 500,
    baselineUsers: 500,
    baselineEvents: 100,
    effectiveUsers: 100,
  }
}
export const worse = changeBy(0.5)
export const fine = changeBy(0)

/** A rule of the project's own on one metric, with everything at its default unless told. */
export async function addRule(postgres: Store, projectId: string, more: object = {}): Promise<StoredRule> {
  const rule = alertRule.parse({ name: 'Test rule', metric: 'negative_feedback_rate' satisfies MetricId, ...more })
  const id = await createRule(postgres, projectId, rule)
  return (await getRule(postgres, projectId, id))!
}

/** What the worker does with what it saw, for an observation that the test gives: the real decision, the real transaction. */
export async function look(
  postgres: Store,
  rule: StoredRule,
  seen: Observation,
  at: Date,
  scope = '',
  lane: Lane = 'week',
): Promise<Decision & { recorded: boolean }> {
  const standings = await readStandings(postgres, rule.projectId)
  const before = standings.get(standingKey({ rule, scope, lane }))
  const decision = decide(before ?? atRest(at), seen, limitsOf(rule), at)
  const begins =
    decision.transition === 'opened' || decision.transition === 'reopened' || decision.transition === 'escalated'
  const recorded = await recordLook(postgres, {
    ...{ rule, scope, lane, before, decision, lookedTo: at, now: at },
    seen: {},
    evidence: begins ? evidence({ relative: seen.change?.relative ?? 0 }) : undefined,
  })
  return { ...decision, recorded }
}

const dayMs = 86_400_000
/** Looks on the days after a moment, one after the other. */
export async function lookDaily(
  postgres: Store,
  rule: StoredRule,
  seen: Observation[],
  from: Date,
  scope = '',
  lane: Lane = 'week',
): Promise<Decision[]> {
  const decisions: Decision[] = []
  for (const [day, observation] of seen.entries())
    decisions.push(await look(postgres, rule, observation, new Date(from.getTime() + day * dayMs), scope, lane))
  return decisions
}

/** Lets what waits to be gathered, or for its next try, go now. */
export async function hurry({ sql }: Store, projectId: string): Promise<void> {
  await sql`update outbox set due_at = now() where project_id = ${projectId} and done_at is null`
}
