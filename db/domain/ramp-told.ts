import { percent } from './flags/words.ts'
import { quantity } from './format.ts'
import { signed } from './incident.ts'
import type { MetricUnit } from './metrics.ts'

/** One guardrail's numbers in a message: both arms' values, and by how much the canary is worse, at least and at most. */
export type ToldGuardrail = {
  id: string
  label: string
  unit: MetricUnit
  control: number | null
  canary: number | null
  low: number | null
  high: number | null
  verdict: string
}

/** The numbers that a stage of a ramp was judged by: kept with the judgement, and with the revision that follows of it. */
export type RampNumbers = {
  /** Of the canary, in hundredths of a percent. */
  share: number
  users: { canary: number; control: number }
  /** Ids of the guardrails that the reason is about. */
  about: string[]
  guardrails: ToldGuardrail[]
  /** The canary's part of the users compared, and what it should be. */
  split: { state: string; part: number | null; expected: number | null; p: number | null; e: number }
  /** Share of each arm's users who gave feedback. */
  feedback: { state: string; canary: number | null; control: number | null }
}

/** What a message about a step of a ramp is made from: frozen in the transaction of the step. */
export type ToldRamp = {
  did: 'promoted' | 'finished' | 'rolled back'
  projectName: string
  flag: string
  revision: number
  /** Shares of the canary before and after, in hundredths of a percent; after a roll back nobody has it. */
  from: number
  to: number
  reason: string
  at: string
} & Pick<RampNumbers, 'users' | 'about' | 'guardrails'>

/** `support-agent went on from 5 % to 25 %`. */
export function rampTitle({ did, flag, from, to }: ToldRamp): string {
  const name = flag.length <= 80 ? flag : `${flag.slice(0, 79)}…`
  if (did === 'rolled back') return `${name} was rolled back from ${percent(from)} to the control`
  return did === 'finished'
    ? `${name} is through its ramp at ${percent(from)}`
    : `${name} went on from ${percent(from)} to ${percent(to)}`
}

/** `Errors: 8.0 % → 30.0 %, +120 % to +410 % (surely worse)`. */
export function guardrailLine({ label, unit, control, canary, low, high, verdict }: ToldGuardrail): string {
  const value = (of: number | null) => (of === null ? 'no data' : quantity(of, unit))
  return `${label}: ${value(control)} → ${value(canary)}${intervalWords(low, high)} (${verdict})`
}

function intervalWords(low: number | null, high: number | null): string {
  if (low === null) return high === null ? '' : `, at most ${signed(high)}`
  return high === null ? `, at least ${signed(low)}` : `, ${signed(low)} to ${signed(high)}`
}
