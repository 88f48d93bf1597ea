import type { SegmentShare } from './incident.ts'
import type { Change } from './week-over-week.ts'

/** A segment's sums of numerator and denominator in this window (a) and the one before (b). */
export type SegmentSums = { segment: string; ma: number; da: number; mb: number; db: number }

/** Segments that are compared as one, with their weight in the window before. */
export type Stratum = { segments: string[]; weight: number; ma: number; da: number; mb: number; db: number }

/** Below so much in either window a segment has no value of its own. */
const least = 20

/**
 * The strata over which the shift is taken out. Segments that are scarce in one of the windows are compared together: where
 * one model replaces another their values are what changed, not the shares. What is scarce in one of them even so has
 * nothing to be compared with, and is left out: three traces left of a retired workflow would carry all of its weight.
 */
export function strataOf(segments: readonly SegmentSums[]): Stratum[] {
  const lasting = segments.filter(({ da, db }) => da >= least && db >= least)
  const rest = segments.filter(({ da, db }) => da < least || db < least)
  const groups = [...lasting.map(one => [one]), rest].map(group => ({
    segments: group.map(({ segment }) => segment),
    ma: sum(group, 'ma'),
    da: sum(group, 'da'),
    mb: sum(group, 'mb'),
    db: sum(group, 'db'),
  }))
  const both = groups.filter(({ da, db }) => da >= least && db >= least)
  const total = both.reduce((all, { db }) => all + db, 0)
  return both.map(group => ({ ...group, weight: group.db / total }))
}

/**
 * ln of standardised value over the value before, and its standard error from the users' influences: `aa`, `ab` and `bb`
 * are the sums over users of their products in this window and the one before. The weights count as given.
 */
export function withinChange(
  strata: readonly Stratum[],
  { aa, ab, bb }: { aa: number; ab: number; bb: number },
  scale: 'ratio' | 'log',
): Change | undefined {
  const current = strata.reduce((all, { weight, ma, da }) => all + (weight * ma) / da, 0)
  const baseline = strata.reduce((all, { weight, mb, db }) => all + (weight * mb) / db, 0)
  if (scale === 'log') {
    const theta = current - baseline
    return {
      current: Math.exp(current),
      baseline: Math.exp(baseline),
      relative: Math.expm1(theta),
      theta,
      se: Math.sqrt(Math.max(0, aa - 2 * ab + bb)),
    }
  }
  if (!(current > 0 && baseline > 0)) return undefined
  const theta = Math.log(current / baseline)
  const variance = aa / current ** 2 - (2 * ab) / (current * baseline) + bb / baseline ** 2
  return { current, baseline, relative: Math.expm1(theta), theta, se: Math.sqrt(Math.max(0, variance)) }
}

/**
 * The segments that carry a change, the greatest part first: each one's part is what its own value and its own share add
 * to the difference between the two windows. Parts in the other direction are left out.
 */
export function carriersOf(
  dimension: string,
  segments: readonly SegmentSums[],
  scale: 'ratio' | 'log',
): SegmentShare[] {
  const [ma, da, mb, db] = [sum(segments, 'ma'), sum(segments, 'da'), sum(segments, 'mb'), sum(segments, 'db')]
  if (da <= 0 || db <= 0) return []
  const before = mb / db
  const difference = ma / da - before
  if (difference === 0) return []
  const value = (m: number, d: number) => (d <= 0 ? 0 : scale === 'log' ? Math.exp(m / d) : m / d)
  return segments
    .map(one => {
      // (share now) x (value now - value of all before) - the same before: sums to the whole difference.
      const part = (one.ma - before * one.da) / da - (one.mb - before * one.db) / db
      return {
        dimension,
        key: one.segment,
        current: value(one.ma, one.da),
        baseline: value(one.mb, one.db),
        carries: part / difference,
      }
    })
    .filter(({ carries }) => carries > 0.05)
    .sort((a, b) => b.carries - a.carries)
}

const sum = (segments: readonly SegmentSums[], of: 'ma' | 'da' | 'mb' | 'db') =>
  segments.reduce((all, one) => all + one[of], 0)
