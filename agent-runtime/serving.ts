import type { Run } from '../db/runs.ts'
import type { Route } from './inference/route.ts'

/** The arm of a run's workflow flag. Flags are not there yet: everyone is in the control group. */
export const decideArm = (_workflow: string, _userId: string | undefined) => 'control'

export type ServingDecision = { servedBy: 'ai' | 'deterministic'; reason?: string }

/** Whether a model or plain code serves a run that has not begun, and why. */
export function decideServing(run: Pick<Run, 'workflow' | 'arms'>, route: Route, now: number): ServingDecision {
  if (run.arms[run.workflow] === 'off')
    return { servedBy: 'deterministic', reason: `AI is switched off for ${run.workflow}` }
  const outage = route.outage(now)
  return outage ? { servedBy: 'deterministic', reason: outage } : { servedBy: 'ai' }
}
