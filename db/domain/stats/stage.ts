import { blownFuse, isOutage } from './fuse.ts'
import type { Guardrail, GuardrailData } from './guardrail.ts'
import { type GuardrailReading, readGuardrail } from './guardrail-reading.ts'
import type { Missing } from './missing-users.ts'
import type { Parity } from './parity.ts'
import type { Split } from './split.ts'

export type StagePlan = {
  /** The chance of ever rolling back a harmless canary, over all looks and guardrails. */
  alpha?: number
  /** Users for which the bounds are tightest, fixed before the start. */
  planned: number
  /** Least users in each arm, and least time in the stage, before it may be promoted. */
  minUsers: number
  minDwellMs: number
}

export type StageLook = {
  guardrails: readonly { guardrail: Guardrail; data: GuardrailData }[]
  split: Split
  parity?: Parity
  plan: StagePlan
  enteredAt: Date
  now: Date
  /** New users of both arms a day. */
  usersADay: number
}

export type StageReason =
  | 'fuse'
  | 'harm'
  | 'no_users'
  | 'no_control'
  | 'split_unsound'
  | 'feedback_parted'
  | 'outage'
  | 'no_guardrails'
  | 'unsure'
  | 'few_users'
  | 'too_early'
  | 'all_safe'

export type StageDecision = {
  action: 'rollback' | 'promote' | 'hold'
  reason: StageReason
  /** Ids of the guardrails that the reason is about. */
  about: string[]
  /** The stage's numbers cannot be trusted: they say nothing for the canary, whatever they show. */
  untrusted: boolean
  guardrails: GuardrailReading[]
  missing: Missing | null
  /** When it may be promoted at the earliest. */
  earliest: Date
}

const defaultAlpha = 0.05

/**
 * What to do with a canary at this look. Roll back on a blown fuse, on harm surely beyond the margin or on an e-value of
 * 1/alpha; promote when it was long enough, seen by enough users, and every guardrail's harm is surely within tolerance;
 * else hold. Alpha is shared by the guardrails. Pure: the same look gives the same decision.
 */
export function decideStage(look: StageLook): StageDecision {
  const { plan, usersADay } = look
  const rules = {
    alpha: (plan.alpha ?? defaultAlpha) / Math.max(1, look.guardrails.length),
    planned: plan.planned,
    usersADay,
  }
  const guardrails = look.guardrails.map(({ guardrail, data }) => readGuardrail(guardrail, data, rules))
  const earliest = new Date(look.enteredAt.getTime() + plan.minDwellMs)
  const decision = { guardrails, earliest, missing: null }
  const verdict = stop(look, guardrails) ?? wait(look, guardrails, earliest)
  if (verdict) return { ...decision, about: [], untrusted: false, ...verdict }
  return { ...decision, action: 'promote', reason: 'all_safe', about: [], untrusted: false }
}

type Verdict = Pick<StageDecision, 'action' | 'reason'> &
  Partial<Pick<StageDecision, 'about' | 'missing' | 'untrusted'>>

/**
 * Reasons to roll back. Of an unsound split the e-value proves nothing, for it counts on the draw; a bound between rates
 * does not. Feedback that cannot be compared proves no harm by feedback.
 */
function stop({ guardrails, split, parity }: StageLook, readings: GuardrailReading[]): Verdict | undefined {
  const blown = guardrails.flatMap(({ guardrail, data }) => blownFuse(guardrail, data)?.id ?? [])
  if (blown.length > 0) return { action: 'rollback', reason: 'fuse', about: blown }
  const isDrawn = split.state !== 'unsound' && split.control > 0
  const isComparable = (i: number) => parity?.state !== 'parted' || !guardrails[i]!.guardrail.restsOnFeedback
  const isProven = ({ verdict, reason }: GuardrailReading, i: number) =>
    verdict === 'harmed' && isComparable(i) && (isDrawn || reason === 'harm_bound')
  const harmed = readings.filter(isProven)
  return harmed.length > 0 ? { action: 'rollback', reason: 'harm', about: harmed.map(({ id }) => id) } : undefined
}

/** Reasons to hold, the one that has to be mended first before those that time mends. */
function wait(look: StageLook, readings: GuardrailReading[], earliest: Date): Verdict | undefined {
  const { split, plan, usersADay } = look
  const hold = (reason: StageReason, more: Partial<Verdict> = {}): Verdict => ({ action: 'hold', reason, ...more })
  const days = (users: number): Missing => ({ users, days: usersADay > 0 ? users / usersADay : null })
  if (readings.length === 0) return hold('no_guardrails')
  if (split.canary === 0) return hold('no_users', { missing: days(2 * plan.minUsers) })
  if (split.control === 0) return hold('no_control')
  if (split.state === 'unsound') return hold('split_unsound', { untrusted: true })
  if (look.parity?.state === 'parted') return hold('feedback_parted', { untrusted: true })
  const out = look.guardrails.filter(({ guardrail, data }) => isOutage(guardrail, data))
  if (out.length > 0) return hold('outage', { about: out.map(({ guardrail }) => guardrail.id) })
  const open = readings.filter(({ verdict }) => verdict !== 'safe')
  if (open.length > 0) return hold('unsure', { about: open.map(({ id }) => id), missing: most(open) })
  const fewest = Math.min(split.canary, split.control)
  if (fewest < plan.minUsers) {
    const part = fewest / (split.canary + split.control)
    return hold('few_users', { missing: days(Math.ceil((plan.minUsers - fewest) / part)) })
  }
  if (look.now < earliest) return hold('too_early')
  return undefined
}

/** What the guardrail that needs most still needs; null as soon as one cannot tell. */
function most(readings: GuardrailReading[]): Missing | null {
  const all = readings.map(({ missing }) => missing)
  if (all.some(missing => missing === null)) return null
  return all.reduce((a, b) => (b!.users > a!.users ? b : a), all[0]!)
}
