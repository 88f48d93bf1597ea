import { mersenne } from 'pure-rand/generator/mersenne'
import { lnBeta, normalQuantile } from './tails.ts'

export type Random = ReturnType<typeof seededRandom>

/** Draws that are the same for the same seed, so that a simulation can be repeated. */
export function seededRandom(seed: number) {
  const source = mersenne(seed)
  /** Between 0 and 1, never either. */
  const uniform = (): number => ((source.next() >>> 0) + 0.5) / 2 ** 32
  return {
    uniform,
    normal: () => normalQuantile(uniform()),
    binomial: (n: number, p: number) => binomial(n, p, uniform()),
  }
}

/**
 * The binomial count that a uniform number stands for: probabilities are taken off it from the mode outwards, which
 * takes about as many steps as the count has standard deviations' width, for any n and p.
 */
function binomial(n: number, p: number, uniform: number): number {
  if (n <= 0 || p <= 0) return 0
  if (p >= 1) return n
  const mode = Math.min(n, Math.floor((n + 1) * p))
  const lnPeak = mode * Math.log(p) + (n - mode) * Math.log1p(-p) - lnBeta(mode + 1, n - mode + 1) - Math.log(n + 1)
  const odds = p / (1 - p)
  let left = uniform - Math.exp(lnPeak)
  let [above, below] = [mode, mode]
  let [up, down] = [Math.exp(lnPeak), Math.exp(lnPeak)]
  while (left > 0 && (up > 0 || down > 0)) {
    up = above < n ? up * odds * ((n - above) / (above + 1)) : 0
    above++
    left -= up
    if (left <= 0) return Math.min(above, n)
    down = below > 0 ? (down / odds) * (below / (n - below + 1)) : 0
    below--
    left -= down
    if (left <= 0) return Math.max(below, 0)
  }
  return mode
}
