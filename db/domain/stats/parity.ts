import { type EventSplit, eValue, lnEvidenceOfOther, lnProduct } from './e-process.ts'

export type Parity = {
  state: 'equal' | 'parted' | 'unknown'
  /** Share of each arm's users who gave any feedback; null without users. */
  canary: number | null
  control: number | null
  e: number
}

export const parityAlpha = 0.01

/**
 * Whether both arms' users answer alike. Where the canary's users give feedback more or less often, a rate among those
 * who answer compares different people: feedback is then not to be trusted, however clear it looks. Exact for any number
 * of answers, so a widget that is off in one arm is seen after a dozen.
 */
export function judgeParity(arms: {
  canary: { users: number; answered: number }
  control: { users: number; answered: number }
  answers: readonly EventSplit[]
}): Parity {
  const part = ({ users, answered }: { users: number; answered: number }) => (users > 0 ? answered / users : null)
  const ln = lnProduct(arms.answers, lnEvidenceOfOther)
  const answers = arms.answers.reduce((sum, split) => sum + split.events, 0)
  const state = ln >= Math.log(1 / parityAlpha) ? 'parted' : answers > 0 ? 'equal' : 'unknown'
  return { state, canary: part(arms.canary), control: part(arms.control), e: eValue(ln) }
}
