import { lnBeta, lnBetaTail } from './tails.ts'

/**
 * Users enrolled under one split who had the event, in arrival order of no importance: `events` of them in both arms,
 * `inCanary` of them in the canary, which got `share` of these users by the draw.
 */
export type EventSplit = { events: number; inCanary: number; share: number }

/**
 * How strongly the prior clings to the known share: 20 events' worth at 50/50 and 100 at 5 %, where an effect of the
 * same size moves the share less; a power law between and beyond.
 */
export function concentration(share: number): number {
  const less = Math.min(share, 1 - share)
  return 20 * (0.5 / less) ** Math.log10(5)
}

const isSplit = ({ events, inCanary, share }: EventSplit) =>
  events >= 0 && inCanary >= 0 && inCanary <= events && share > 0 && share < 1

/**
 * ln of the e-value against "the canary's users have the event no more often than the control's", for one split:
 *
 *   E = [B(a+x, b+n-x) / B(a, b)] · [1 - I(a+x, b+n-x)] / [1 - I(a, b)] / [share^x (1-share)^(n-x)],  I at the share
 *
 * A Robbins mixture over shares above the known one (Lindon and Malek 2022, arXiv 2011.03567): a non-negative
 * martingale when nothing is wrong, so P(E ever reaches 1/alpha) <= alpha at any number of looks, exactly, for any n.
 * With `lnRatio` it is against "no more than exp(lnRatio) times as often", by the same prior.
 */
export function lnEvidenceOfMore(split: EventSplit, lnRatio = 0): number {
  if (!isSplit(split) || split.events === 0) return 0
  const { events: n, inCanary: x, share } = split
  const a = concentration(share) * share
  const b = concentration(share) * (1 - share)
  const most = shareAt(share, lnRatio)
  const tails = lnBetaTail(most, a + x, b + n - x) - lnBetaTail(most, a, b)
  return lnBeta(a + x, b + n - x) - lnBeta(a, b) + tails - lnLikelihood({ ...split, share: most })
}

/** The same against "no less often", or not less than exp(lnRatio) times as often. */
export const lnEvidenceOfFewer = (split: EventSplit, lnRatio = 0): number =>
  lnEvidenceOfMore({ ...split, inCanary: split.events - split.inCanary, share: 1 - split.share }, -lnRatio)

/** The same against "just as often", in either direction; `strength` is the prior's weight in events. */
export function lnEvidenceOfOther(split: EventSplit, strength = concentration(split.share)): number {
  if (!isSplit(split) || split.events === 0) return 0
  const { events: n, inCanary: x, share } = split
  const [a, b] = [strength * share, strength * (1 - share)]
  return lnBeta(a + x, b + n - x) - lnBeta(a, b) - lnLikelihood(split)
}

const lnLikelihood = ({ events, inCanary, share }: EventSplit) =>
  inCanary * Math.log(share) + (events - inCanary) * Math.log1p(-share)

type Evidence = (split: EventSplit) => number

/** Users enrolled under splits of different share are told apart, and their e-values multiply. */
export const lnProduct = (splits: readonly EventSplit[], evidence: Evidence): number =>
  splits.reduce((sum, split) => sum + evidence(split), 0)

/** An e-value to show: 1/alpha or more rejects. Capped, so that it stays a number. */
export const eValue = (ln: number): number => Math.exp(Math.min(ln, 600))

/**
 * Bounds of how many times as often the canary's users have the event as the control's, valid at every look and for any
 * number of events: the ratios that the one-sided tests at alpha each do not reject. `high` is undefined (no bound) where
 * the control had none, `low` is 0 where the canary had none.
 */
export function ratioBounds(
  splits: readonly EventSplit[],
  alpha: number,
): { low: number; high: number | undefined } | undefined {
  const valid = splits.filter(split => isSplit(split) && split.events > 0)
  if (valid.length === 0) return undefined
  const needed = Math.log(1 / alpha)
  const rejectsBelow = (lnRatio: number) => lnProduct(valid, split => lnEvidenceOfMore(split, lnRatio)) >= needed
  const rejectsAbove = (lnRatio: number) => lnProduct(valid, split => lnEvidenceOfFewer(split, lnRatio)) >= needed
  const low = rejectsBelow(-widest) ? Math.exp(edge(rejectsBelow)) : 0
  const high = rejectsAbove(widest) ? Math.exp(-edge(lnRatio => rejectsAbove(-lnRatio))) : undefined
  return { low, high }
}

/** A canary at 1/1000 or 1000 times the control's rate is as far as anybody asks. */
const widest = Math.log(1000)

/** The share of the events that falls to the canary when its users have them exp(lnRatio) times as often. */
const shareAt = (share: number, lnRatio: number): number => {
  const odds = (share / (1 - share)) * Math.exp(lnRatio)
  return odds / (1 + odds)
}

/** Where a test that rejects far on the left stops rejecting. */
function edge(rejects: (lnRatio: number) => boolean): number {
  let [left, right] = [-widest, widest]
  while (right - left > 1e-4) {
    const middle = (left + right) / 2
    if (rejects(middle)) left = middle
    else right = middle
  }
  return left
}

/**
 * The most that the share of users with an event can be, at every look and for any number of events: the largest p that
 * the Beta(1/2, 1/2) mixture over shares does not reject at alpha. Undefined without users.
 */
export function mostShare(events: number, users: number, alpha: number): number | undefined {
  if (!(users > 0) || events < 0 || events > users) return undefined
  if (events === users) return 1
  const lnMixture = lnBeta(0.5 + events, 0.5 + users - events) - lnBeta(0.5, 0.5)
  const rejects = (p: number) =>
    lnMixture - lnLikelihood({ events: users, inCanary: events, share: p }) >= Math.log(1 / alpha)
  let [left, right] = [events / users, 1 - 1e-12]
  while (right - left > 1e-9) {
    const middle = (left + right) / 2
    if (middle > 0 && rejects(middle)) right = middle
    else left = middle
  }
  return right
}
