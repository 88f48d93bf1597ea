import { isEqual } from './diff.ts'
import type { Flag, WorkflowFlag } from './flag.ts'

/**
 * What saving a flag sets by itself. `since` is when the present comparison began: it goes on while the canary is on
 * and neither arm, nor the dealing of users, nor what it is held to, changes. A ramp that runs is paused when a person changes what it steers.
 */
export function settleFlag(before: Flag | undefined, after: Flag, by: 'person' | 'ramp', now: Date): Flag {
  if (after.kind !== 'workflow') return after
  const old = before?.kind === 'workflow' ? before : undefined
  const settled = { ...after, since: sinceOf(old, after, now) }
  return by === 'person' && old ? takeOver(old, settled) : settled
}

const compared = ['control', 'canary', 'salt', 'unit', 'guardrails'] as const
function sinceOf(before: WorkflowFlag | undefined, after: WorkflowFlag, now: Date): string | undefined {
  if (after.state !== 'canary') return undefined
  const goesOn = before?.state === 'canary' && compared.every(field => isEqual(before[field], after[field]))
  return goesOn && before.since ? before.since : now.toISOString()
}

const steered = ['state', 'share', 'control', 'canary', 'rules', 'otherwise', 'salt', 'unit'] as const
function takeOver(before: WorkflowFlag, after: WorkflowFlag): WorkflowFlag {
  if (before.ramp?.state !== 'running' || after.ramp?.state !== 'running') return after
  const changed = steered.filter(field => !isEqual(before[field], after[field]))
  if (changed.length === 0) return after
  return { ...after, ramp: { ...after.ramp, state: 'paused', because: `${changed.join(', ')} changed by hand` } }
}
