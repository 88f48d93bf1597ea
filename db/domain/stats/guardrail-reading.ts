import { type Bounds, exactBounds, sequenceBounds } from './bounds.ts'
import { type EventSplit, eValue, lnEvidenceOfFewer, lnEvidenceOfMore, lnProduct, mostShare } from './e-process.ts'
import { armValue, eventsOf, type Guardrail, type GuardrailData, type LookRules } from './guardrail.ts'
import { type Missing, missingUsers } from './missing-users.ts'

export type GuardrailReading = {
  id: string
  verdict: 'harmed' | 'safe' | 'unsure' | 'no_data'
  /** Why, by name: words for people are made of it elsewhere. */
  reason:
    | 'harm_bound'
    | 'e_value'
    | 'within_tolerance'
    | 'below_floor'
    | 'reaches_over_tolerance'
    | 'worse_than_tolerated'
    | 'few_users'
    | 'few_events'
    | 'nothing_measured'
  canary: { users: number; value: number | null; events: number | null }
  control: { users: number; value: number | null; events: number | null }
  /** How much worse the canary is, as a relative change; a bound that does not exist is null. */
  harm: { estimate: number | null; low: number | null; high: number | null; by: Bounds['by'] } | null
  /** Against harm beyond the margin; `needed` rejects. Shares only. */
  evidence: { e: number; needed: number } | null
  missing: Missing | null
}

/** Reads one guardrail at one look. No data, few events and zeros are answers with a reason, never NaN. */
export function readGuardrail(guardrail: Guardrail, data: GuardrailData, rules: LookRules): GuardrailReading {
  const { verdict, reason, bounds, lnE } = weigh(guardrail, data, rules)
  const side = (arm: 'canary' | 'control') => ({
    users: data[arm].users,
    value: armValue(guardrail, data[arm]),
    events: guardrail.scale === 'share' ? eventsOf(data, arm) : null,
  })
  const isOpen = (verdict === 'unsure' && reason !== 'worse_than_tolerated') || verdict === 'no_data'
  return {
    id: guardrail.id,
    verdict,
    reason,
    canary: side('canary'),
    control: side('control'),
    harm: bounds ? shown(bounds) : null,
    evidence: lnE === undefined ? null : { e: eValue(lnE), needed: 1 / rules.alpha },
    missing: isOpen ? missingUsers(guardrail, data, rules) : null,
  }
}

type Verdict = Pick<GuardrailReading, 'verdict' | 'reason'>
type Weighed = Verdict & { bounds: Bounds | undefined; lnE: number | undefined }

function weigh(guardrail: Guardrail, data: GuardrailData, rules: LookRules): Weighed {
  const sequence = sequenceBounds(guardrail, data, rules)
  const lnE = guardrail.scale === 'share' ? lnHarmEvidence(guardrail, data.splits ?? []) : undefined
  const bounds = sequence ?? exactBounds(guardrail, data, rules)
  const harm = harmShown(guardrail, { sequence, lnE }, rules)
  if (harm) return { verdict: 'harmed', reason: harm, bounds, lnE }
  return { ...withoutHarm(guardrail, data, { bounds, rules }), bounds, lnE }
}

/** Whether harm is proven, and by what; the bound is named first, as it stands without the draw. */
function harmShown(
  { margin }: Guardrail,
  { sequence, lnE }: { sequence: Bounds | undefined; lnE: number | undefined },
  { alpha }: LookRules,
): 'harm_bound' | 'e_value' | undefined {
  if (sequence?.low !== undefined && sequence.low > Math.log1p(margin)) return 'harm_bound'
  return lnE !== undefined && lnE >= Math.log(1 / alpha) ? 'e_value' : undefined
}

/** Whether this look would call the guardrail harmed: the quick half of a reading, for simulations. */
export function isHarmed(guardrail: Guardrail, data: GuardrailData, rules: LookRules): boolean {
  const lnE = guardrail.scale === 'share' ? lnHarmEvidence(guardrail, data.splits ?? []) : undefined
  return harmShown(guardrail, { sequence: sequenceBounds(guardrail, data, rules), lnE }, rules) !== undefined
}

function withoutHarm(
  guardrail: Guardrail,
  data: GuardrailData,
  { bounds, rules }: { bounds: Bounds | undefined; rules: LookRules },
): Verdict {
  const limit = Math.log1p(guardrail.tolerance)
  if (bounds?.high !== undefined && bounds.high < limit) return { verdict: 'safe', reason: 'within_tolerance' }
  if (isBelowFloor(guardrail, data, rules.alpha)) return { verdict: 'safe', reason: 'below_floor' }
  if (data.canary.users === 0 || data.control.users === 0) return { verdict: 'no_data', reason: 'nothing_measured' }
  if (bounds?.by === 'sequence')
    return { verdict: 'unsure', reason: bounds.estimate >= limit ? 'worse_than_tolerated' : 'reaches_over_tolerance' }
  return { verdict: 'unsure', reason: guardrail.scale === 'share' ? 'few_events' : 'few_users' }
}

/** ln of the e-value against "at most `margin` worse". */
function lnHarmEvidence({ worse, margin }: Guardrail, splits: readonly EventSplit[]): number {
  return worse === 'up'
    ? lnProduct(splits, split => lnEvidenceOfMore(split, Math.log1p(margin)))
    : lnProduct(splits, split => lnEvidenceOfFewer(split, -Math.log1p(margin)))
}

function isBelowFloor({ scale, worse, floor }: Guardrail, data: GuardrailData, alpha: number): boolean {
  if (scale !== 'share' || worse !== 'up' || floor === undefined) return false
  const most = mostShare(eventsOf(data, 'canary'), data.canary.users, alpha)
  return most !== undefined && most < floor
}

const shown = ({ estimate, low, high, by }: Bounds) => {
  const relative = (ln: number | undefined) => {
    const change = Math.expm1(ln ?? Number.NaN)
    return Number.isFinite(change) ? change : null
  }
  return { estimate: relative(estimate), low: relative(low), high: relative(high), by }
}
