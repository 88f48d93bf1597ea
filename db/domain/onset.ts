/** Sums of one bucket of a series. */
export type Bucket = { at: number; numerator: number; denominator: number }

/**
 * When a value began to be worse than it was: the bucket from which on the sum of what is too much is greatest (a
 * cumulative sum, with half of the window's mean shift as the usual allowance, so that what was a little worse by chance
 * before does not count). Undefined when there never was too much.
 */
export function onsetOf(buckets: readonly Bucket[], before: number, worse: 'up' | 'down'): Date | undefined {
  const sign = worse === 'up' ? 1 : -1
  const total = (of: 'numerator' | 'denominator') => buckets.reduce((all, bucket) => all + bucket[of], 0)
  const shift = total('numerator') / total('denominator') - before
  if (!(sign * shift > 0)) return undefined
  const allowed = before + shift / 2
  let [sum, most] = [0, 0]
  let at: number | undefined
  for (const bucket of [...buckets].reverse()) {
    sum += sign * (bucket.numerator - allowed * bucket.denominator)
    if (sum > most) [most, at] = [sum, bucket.at]
  }
  return at === undefined ? undefined : new Date(at)
}
