import { type Change, z } from './week-over-week.ts'

export const alertStates = ['ok', 'pending', 'firing', 'recovering', 'no_data'] as const
export type AlertState = (typeof alertStates)[number]

/** What a check saw of one metric: the change is undefined where it cannot be computed. */
export type Observation = {
  worse: 'up' | 'down'
  change: Change | undefined
  currentUsers: number
  baselineUsers: number
  /** Events in the week before: the numerator of a share, the traces of a mean. */
  baselineEvents: number
}

/** How a metric stands: its state, and how many checks in a row have hit or cleared. */
export type Standing = { state: AlertState; hits: number; clears: number }

export type Decision = Standing & { reason: string; severity: 'warning' | 'page' }

export const limits = { threshold: 0.1, recoverBelow: 0.05, minUsers: 50, minEvents: 20, hitsToFire: 2, clearsToEnd: 3 }
export const atRest: Standing = { state: 'ok', hits: 0, clears: 0 }

/** Decides what a check makes of a metric. Pure: the same standing and observation give the same decision. */
export function decide(before: Standing, seen: Observation, limit = limits): Decision {
  const open = before.state === 'firing' || before.state === 'recovering'
  const scarce = tooLittle(seen, limit)
  // Data that dries up does not end an incident: it stays as it is until there is enough to say so.
  if (scarce || !seen.change) {
    const reason = scarce ?? 'the change cannot be computed: a value is 0'
    return open
      ? { ...before, reason, severity: 'warning' }
      : { ...atRest, state: 'no_data', reason, severity: 'warning' }
  }
  const harm = seen.worse === 'up' ? seen.change.theta : -seen.change.theta
  const bound = harm - z * seen.change.se
  const hit = harm >= Math.log(1 + limit.threshold) && bound > 0
  const clear = harm < Math.log(1 + limit.recoverBelow) || bound <= 0
  const severity = bound > Math.log(1 + limit.threshold) ? 'page' : 'warning'
  return { ...step(before, { hit, clear, open }, limit), severity }
}

function step(
  { state, hits, clears }: Standing,
  seen: { hit: boolean; clear: boolean; open: boolean },
  limit = limits,
) {
  if (seen.open) {
    if (!seen.clear)
      return { state: 'firing' as const, hits: hits + 1, clears: 0, reason: 'still worse than last week' }
    if (clears + 1 >= limit.clearsToEnd) return { ...atRest, reason: `no longer worse for ${clears + 1} checks` }
    return {
      state: 'recovering' as const,
      hits: 0,
      clears: clears + 1,
      reason: 'better again, watching whether it lasts',
    }
  }
  if (!seen.hit)
    return { ...atRest, reason: state === 'pending' ? 'one check only' : 'not worse by the threshold with certainty' }
  if (hits + 1 >= limit.hitsToFire)
    return { state: 'firing' as const, hits: hits + 1, clears: 0, reason: `worse for ${hits + 1} checks` }
  return { state: 'pending' as const, hits: hits + 1, clears: 0, reason: 'worse for one check' }
}

function tooLittle(seen: Observation, limit: typeof limits) {
  const users = Math.min(seen.currentUsers, seen.baselineUsers)
  if (users < limit.minUsers) return `too few users: ${users} in one of the weeks, ${limit.minUsers} are needed`
  if (seen.baselineEvents < limit.minEvents)
    return `too few events last week: ${seen.baselineEvents} of ${limit.minEvents}`
  return undefined
}
