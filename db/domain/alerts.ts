import type { Severity } from './alert-rule.ts'
import { leastEffective } from './stats/sums.ts'
import { type Change, z } from './week-over-week.ts'

export const alertStates = ['ok', 'pending', 'firing', 'recovering', 'resolved', 'no_data', 'untrusted'] as const
export type AlertState = (typeof alertStates)[number]

/** What a look saw of one metric; the change is undefined where it cannot be computed. */
export type Observation = {
  worse: 'up' | 'down'
  change: Change | undefined
  currentUsers: number
  baselineUsers: number
  /** Events in the window before: the numerator of a share, the traces of a mean. */
  baselineEvents: number
  /** Effective users that the change rests on: of what is bad now, and of who was measured before. */
  effectiveUsers: number
  /** Why the numbers cannot be compared, in a sentence. */
  untrusted?: string
}

/** How a rule stands, and how many looks in a row have hit or cleared. */
export type Standing = {
  state: AlertState
  hits: number
  clears: number
  /** Whether an incident is open: it may stay so while there is no data, or none to trust. */
  open: boolean
  /** Of the open incident, else of the last. */
  severity: Severity
  /** When it came into this state. */
  since: Date
  /** When its last incident was resolved. */
  endedAt: Date | null
}

export type Transition =
  | 'opened'
  | 'reopened'
  | 'escalated'
  | 'recovering'
  | 'relapsed'
  | 'no_data'
  | 'untrusted'
  | 'resolved'
/** The transition is that of the incident; undefined when nothing happened to it. */
export type Decision = Standing & { reason: string; transition?: Transition }

export type Limits = {
  /** Relative change in the worse direction, and the least absolute one. */
  threshold: number
  floor: number
  minUsers: number
  minEvents: number
  /** The most it may become. */
  severity: Severity
  hitsToFire: number
  clearsToEnd: number
  /** An incident that comes back this soon is the same one. */
  reopenMs: number
  /** An open incident about which nothing is known for so long is closed. */
  staleMs: number
}
const dayMs = 86_400_000
export const looks = { hitsToFire: 2, clearsToEnd: 3, reopenMs: 3 * dayMs, staleMs: 7 * dayMs }
export const atRest = (now: Date): Standing => ({
  state: 'ok',
  hits: 0,
  clears: 0,
  open: false,
  severity: 'warning',
  since: now,
  endedAt: null,
})

/** What a look comes to, before what was known is weighed in. */
export type Judgement =
  | { kind: 'no_data' | 'untrusted'; reason: string }
  | { kind: 'seen'; hit: boolean; clear: boolean; severity: Severity; reason: string }

/** Decides what a look makes of a rule. Pure: the same standing, observation and moment give the same decision. */
export function decide(before: Standing, seen: Observation, limit: Limits, now: Date): Decision {
  return step(before, judge(seen, limit), limit, now)
}

export function judge(seen: Observation, limit: Limits): Judgement {
  if (seen.untrusted) return { kind: 'untrusted', reason: seen.untrusted }
  const scarce = tooLittle(seen, limit)
  if (scarce || !seen.change)
    return { kind: 'no_data', reason: scarce ?? 'the change cannot be computed: a value is 0' }
  const { theta, se, current, baseline } = seen.change
  const harm = seen.worse === 'up' ? theta : -theta
  const bound = harm - z * se
  const moved = seen.worse === 'up' ? current - baseline : baseline - current
  const beyond = harm >= Math.log(1 + limit.threshold)
  const isOfMany = seen.effectiveUsers >= leastEffective
  const hit = beyond && bound > 0 && moved >= limit.floor && isOfMany
  const clear = harm < Math.log(1 + limit.threshold / 2) || bound <= 0
  const sure = bound > Math.log(1 + limit.threshold)
  const reason = hit
    ? `worse by ${percent(Math.expm1(harm))}, surely more than ${percent(Math.max(0, Math.expm1(bound)))}`
    : !beyond
      ? `not worse by ${percent(limit.threshold)}`
      : bound <= 0
        ? `worse by ${percent(Math.expm1(harm))}, which may be chance`
        : isOfMany
          ? 'worse by less than the absolute floor'
          : 'worse, but a few users outweigh all others'
  return { kind: 'seen', hit, clear, severity: hit && sure && limit.severity === 'page' ? 'page' : 'warning', reason }
}

export type Counts = Pick<Limits, 'hitsToFire' | 'clearsToEnd' | 'reopenMs' | 'staleMs'>

/** The state machine: how a rule that stood so stands after a judgement. */
export function step(before: Standing, seen: Judgement, limit: Counts, now: Date): Decision {
  const next =
    seen.kind === 'seen'
      ? (before.open ? stepOpen : stepClosed)(before, seen, limit, now)
      : blind(before, seen, limit, now)
  return { ...next, since: next.state === before.state ? before.since : now }
}

type Seen = Extract<Judgement, { kind: 'seen' }>

function stepOpen(before: Standing, seen: Seen, limit: Counts, now: Date): Decision {
  if (!seen.clear) {
    const severity: Severity = before.severity === 'page' || seen.severity === 'page' ? 'page' : 'warning'
    const escalated = severity !== before.severity
    const relapsed = before.state === 'firing' ? undefined : ('relapsed' as const)
    const transition = escalated ? ('escalated' as const) : relapsed
    const reason = seen.hit ? seen.reason : 'still worse, though less'
    return { ...before, state: 'firing', hits: before.hits + 1, clears: 0, severity, reason, transition }
  }
  const clears = before.clears + 1
  if (clears >= limit.clearsToEnd) {
    const reason = `no longer worse for ${clears} looks`
    return {
      ...before,
      state: 'resolved',
      hits: 0,
      clears: 0,
      open: false,
      endedAt: now,
      reason,
      transition: 'resolved',
    }
  }
  const transition = before.state === 'recovering' ? undefined : ('recovering' as const)
  return {
    ...before,
    state: 'recovering',
    hits: 0,
    clears,
    reason: `${seen.reason}: watching whether it lasts`,
    transition,
  }
}

function stepClosed(before: Standing, seen: Seen, limit: Counts, now: Date): Decision {
  if (!seen.hit) return { ...before, state: 'ok', hits: 0, clears: 0, reason: seen.reason, transition: undefined }
  const hits = before.hits + 1
  if (hits < limit.hitsToFire)
    return {
      ...before,
      state: 'pending',
      hits,
      clears: 0,
      reason: `${seen.reason}, at one look so far`,
      transition: undefined,
    }
  const recent = before.endedAt && now.getTime() - before.endedAt.getTime() <= limit.reopenMs
  const transition = recent ? ('reopened' as const) : ('opened' as const)
  return {
    ...before,
    state: 'firing',
    hits,
    clears: 0,
    open: true,
    severity: seen.severity,
    reason: `${seen.reason}, at ${hits} looks in a row`,
    transition,
  }
}

/** Nothing can be said: what is open stays open, up to a week; what is not begins to count anew. */
function blind(before: Standing, seen: Exclude<Judgement, Seen>, limit: Counts, now: Date): Decision {
  const { kind, reason } = seen
  const still = before.state === 'no_data' || before.state === 'untrusted'
  if (before.open && still && now.getTime() - before.since.getTime() >= limit.staleMs) {
    const why = `closed: nothing could be said for ${Math.round(limit.staleMs / dayMs)} days (${reason})`
    return {
      ...before,
      state: 'resolved',
      hits: 0,
      clears: 0,
      open: false,
      endedAt: now,
      reason: why,
      transition: 'resolved',
    }
  }
  const transition = before.open && before.state !== kind ? kind : undefined
  return { ...before, state: kind, hits: 0, clears: 0, reason, transition }
}

function tooLittle(seen: Observation, limit: Limits) {
  const users = Math.min(seen.currentUsers, seen.baselineUsers)
  if (users < limit.minUsers) return `too few users: ${users} in one of the windows, ${limit.minUsers} are needed`
  if (seen.baselineEvents < limit.minEvents)
    return `too few events before: ${seen.baselineEvents}, ${limit.minEvents} are needed`
  return undefined
}

const percent = (value: number) => `${(value * 100).toFixed(value < 0.0995 ? 1 : 0)} %`
