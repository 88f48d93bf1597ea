import type { Effect } from './effect.ts'

export type Sides = 'one' | 'two'
export type Sequence = {
  /** The chance that the bound is ever wrong, over all looks together. */
  alpha: number
  /** Users for which the bound is tightest, fixed before the first look. */
  planned: number
  sides?: Sides
}

/** Fewer than these in an arm, and an asymptotic bound means nothing. */
export const burnIn = { users: 30, events: 10 }

/**
 * Half the width of an asymptotic confidence sequence: a bound that holds at every look, however often one looks
 * (Waudby-Smith et al., arXiv 2103.06476, with N = all users of both arms). One-sided, it bounds one side only.
 * Undefined where nothing can be said.
 */
export function halfWidth({ users, se }: Pick<Effect, 'users' | 'se'>, sequence: Sequence): number | undefined {
  const { alpha, planned, sides = 'two' } = sequence
  if (!(users > 0) || !(se >= 0) || !(planned > 0) || !(alpha > 0 && alpha < 1)) return undefined
  const tail = Math.min(sides === 'two' ? alpha : 2 * alpha, 0.999)
  const rhoSquared = (-2 * Math.log(tail) + Math.log(1 - 2 * Math.log(tail))) / planned
  const grown = users * rhoSquared + 1
  const root = Math.sqrt(grown)
  const boundary = sides === 'two' ? Math.log(root / alpha) : Math.log(1 + root / (2 * alpha))
  return se * Math.sqrt(users) * Math.sqrt(((2 * grown) / (users * users * rhoSquared)) * boundary)
}

/** The effect's bounds at this look: both of a two-sided sequence, or each of the two one-sided ones. */
export function bounds(effect: Effect, sequence: Sequence): { low: number; high: number } | undefined {
  const half = halfWidth(effect, sequence)
  if (half === undefined || !Number.isFinite(effect.estimate)) return undefined
  return { low: effect.estimate - half, high: effect.estimate + half }
}
