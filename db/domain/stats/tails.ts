import betainc from '@stdlib/math-base-special-betainc'
import betaln from '@stdlib/math-base-special-betaln'
import erfc from '@stdlib/math-base-special-erfc'
import erfcinv from '@stdlib/math-base-special-erfcinv'
import gammainc from '@stdlib/math-base-special-gammainc'
import studentQuantile from '@stdlib/stats-base-dists-t-quantile'

// Tails are taken from the incomplete gamma and beta functions themselves: 1 - cdf is 0 long before the tail is.

/** P(Z > z) of a standard normal. */
export const normalTail = (z: number): number => erfc(z / Math.SQRT2) / 2

/** The z that a standard normal exceeds with probability p. */
export const normalQuantile = (p: number): number => Math.SQRT2 * erfcinv(2 * p)

/** P(X > x) of a chi-square with so many degrees of freedom. */
export const chiSquareTail = (x: number, freedom: number): number => gammainc(x / 2, freedom / 2, true, true)

/** P(|T| > |t|) of Student's t: the incomplete beta at v / (v + t²). */
export const studentTwoTails = (t: number, freedom: number): number =>
  betainc(freedom / (freedom + t * t), freedom / 2, 0.5, true, false)

/** The t that Student's t exceeds with probability p, p <= 1/2. */
export const studentQuantileOfTail = (p: number, freedom: number): number => -studentQuantile(p, freedom)

export const lnBeta = (a: number, b: number): number => betaln(a, b)

/** Below this a double loses digits, then everything. */
const smallest = 1e-290

/** ln P(X > x) of a Beta(a, b), finite for every 0 < x < 1. */
export function lnBetaTail(x: number, a: number, b: number): number {
  const tail = betainc(x, a, b, true, true)
  if (tail > 0.5) return Math.log1p(-betainc(x, a, b, true, false))
  return tail > smallest ? Math.log(tail) : lnSmallTail(1 - x, b, a)
}

/**
 * ln I_x(a, b) far out in the tail, where the continued fraction of the incomplete beta (DLMF 8.17.22, evaluated by
 * Lentz's method) converges in a few steps and the value itself is no double any more.
 */
function lnSmallTail(x: number, a: number, b: number): number {
  const tiny = 1e-300
  const nudge = (value: number) => (Math.abs(value) < tiny ? tiny : value)
  let d = 1 / nudge(1 - ((a + b) * x) / (a + 1))
  let c = 1
  let fraction = d
  for (let m = 1; m <= 10_000; m++) {
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m))
    d = 1 / nudge(1 + even * d)
    c = nudge(1 + even / c)
    fraction *= d * c
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1))
    d = 1 / nudge(1 + odd * d)
    c = nudge(1 + odd / c)
    const step = d * c
    fraction *= step
    if (Math.abs(step - 1) < 1e-14) break
  }
  return a * Math.log(x) + b * Math.log1p(-x) - lnBeta(a, b) - Math.log(a) + Math.log(fraction)
}
