import { eValue, lnEvidenceOfOther, lnProduct } from './e-process.ts'
import { chiSquareTail } from './tails.ts'

/** Users that one stage's draw enrolled, and the share of them that the canary should have got. */
export type Enrolled = { canary: number; control: number; share: number }

export type Split = {
  state: 'sound' | 'unsound' | 'unknown'
  canary: number
  control: number
  /** Of the users exposed, the canary's part, and what it should be. */
  share: number | null
  expected: number | null
  /** Of the chi-square test at this look; null with too few users for it. */
  p: number | null
  /** Of the sequential test, against 1/alpha. */
  e: number
}

/** A split as unlikely as this is taken for broken. */
export const splitAlpha = 0.001
/** Weight of the sequential test's prior in users: it looks for deviations of a percent or so. */
const strength = 10_000
/** Chi-square is an approximation that needs this many expected in each arm. */
const leastExpected = 5

/** P of so uneven counts by chance (Pearson's chi-square); null where too few are expected to tell. */
export function chiSquareP(counts: readonly number[], shares: readonly number[]): number | null {
  const total = counts.reduce((sum, count) => sum + count, 0)
  const whole = shares.reduce((sum, share) => sum + share, 0)
  const expected = shares.map(share => (total * share) / whole)
  if (!(total > 0) || expected.some(count => !(count >= leastExpected))) return null
  const statistic = counts.reduce((sum, count, i) => sum + (count - expected[i]!) ** 2 / expected[i]!, 0)
  return chiSquareTail(statistic, counts.length - 1)
}

/**
 * Whether the arms got the users that the draw should give them (sample ratio mismatch): by chi-square at this look, and
 * by a sequential test that holds over all looks. A split that is not sound says that one arm loses users or counts them
 * twice, and then nothing compared between the arms means anything.
 */
export function judgeSplit(stages: readonly Enrolled[]): Split {
  const canary = stages.reduce((sum, stage) => sum + stage.canary, 0)
  const control = stages.reduce((sum, stage) => sum + stage.control, 0)
  const users = canary + control
  const due = stages.reduce((sum, stage) => sum + (stage.canary + stage.control) * stage.share, 0)
  if (users === 0) return { state: 'unknown', canary, control, share: null, expected: null, p: null, e: 1 }
  const p = chiSquareP([canary, control], [due, users - due])
  const ln = lnProduct(
    stages.map(stage => ({ events: stage.canary + stage.control, inCanary: stage.canary, share: stage.share })),
    split => lnEvidenceOfOther(split, strength),
  )
  const broken = ln >= Math.log(1 / splitAlpha) || (p !== null && p < splitAlpha)
  const state = broken ? 'unsound' : p === null ? 'unknown' : 'sound'
  return { state, canary, control, share: canary / users, expected: due / users, p, e: eValue(ln) }
}
