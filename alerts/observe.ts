import type { ClickHouse } from '../db/clickhouse.ts'
import { type AlertRule, scopeFilters, worseDirection } from '../db/domain/alert-rule.ts'
import { type Limits, looks, type Observation } from '../db/domain/alerts.ts'
import { distrust, restsOnFeedback } from '../db/domain/guards.ts'
import type { Evidence } from '../db/domain/incident.ts'
import { metricById } from '../db/domain/metrics.ts'
import { effectiveBad, effectiveMeasured } from '../db/domain/stats/sums.ts'
import { hourMs, minuteMs } from '../db/domain/time.ts'
import { type Change, compareWindows, interval } from '../db/domain/week-over-week.ts'
import { readMappings, receivedByHour } from '../db/guards.ts'
import { readWithin } from '../db/mix-shift.ts'
import { readWeeks, weeks } from '../db/week-over-week.ts'

/** The part of a rule that detection needs: also of one that is not saved yet. */
export type WatchedRule = AlertRule & { projectId: string }

export const limitsOf = ({ threshold, floor, minUsers, minEvents, severity }: AlertRule): Limits => ({
  ...looks,
  ...{ threshold, floor, minUsers, minEvents, severity },
})

/** The end of the last complete window: windows move in steps that are aligned to the epoch, so looks are comparable. */
export function lookEnd({ everyHours, latenessMinutes }: AlertRule, now: Date): Date {
  const step = everyHours * hourMs
  return new Date(Math.floor((now.getTime() - latenessMinutes * minuteMs) / step) * step)
}

export type Observed = {
  observation: Observation
  /** The numbers of the look; empty where no change can be computed. */
  numbers: Partial<Evidence>
}

/** Looks at a rule for one workflow (or the project), over the window that ends at `end` and the one before. */
export async function observe(
  clickhouse: ClickHouse,
  rule: WatchedRule,
  scope: string,
  end: Date,
  guards: Guards,
): Promise<Observed> {
  const windows = windowsOf(rule, scope, end)
  const [sums, untrusted, within] = await Promise.all([
    readWeeks(clickhouse, windows),
    guards(rule, scope, end),
    rule.standardiseBy === '' ? undefined : readWithin(clickhouse, windows, rule.standardiseBy),
  ])
  const metric = metricById(rule.metric)
  const whole = compareWindows({ ...sums, counts: metric.unit === 'share' })
  const change = whole && (within ?? whole)
  const { current, baseline } = sums
  const worse = worseDirection(metric)
  return {
    observation: {
      worse,
      change,
      currentUsers: current.users,
      baselineUsers: baseline.users,
      baselineEvents: metric.unit === 'share' ? baseline.m : baseline.d,
      // On the log scale each user counts once.
      effectiveUsers:
        sums.scale === 'log' ? current.users : Math.min(effectiveBad(current, worse), effectiveMeasured(baseline)),
      untrusted,
    },
    numbers: change
      ? { ...numbersOf(change, current.users, baseline.users, windowOf(rule, end)), ...mixOf(rule, whole, within) }
      : {},
  }
}

export function windowsOf(rule: WatchedRule, scope: string, end: Date) {
  const latenessMs = rule.latenessMinutes * minuteMs
  return {
    projectId: rule.projectId,
    metric: rule.metric,
    now: new Date(end.getTime() + latenessMs),
    filters: scopeFilters(rule, scope),
    windowMs: rule.windowHours * hourMs,
    latenessMs,
  }
}

export function windowOf({ windowHours }: AlertRule, end: Date): Evidence['window'] {
  const iso = (back: number) => new Date(end.getTime() - back * windowHours * hourMs).toISOString()
  return { from: iso(2), split: iso(1), to: iso(0) }
}

export function numbersOf(change: Change, users: number, baselineUsers: number, window: Evidence['window']) {
  const [low, high] = interval(change)
  return {
    current: change.current,
    baseline: change.baseline,
    relative: change.relative,
    // What fell to nothing lies at the very end of what is possible.
    low: Math.min(low, change.relative),
    high,
    users,
    baselineUsers,
    window,
  }
}

const mixOf = ({ standardiseBy }: AlertRule, whole: Change, within: Change | undefined) =>
  within && standardiseBy !== '' ? { mix: { by: standardiseBy, relative: whole.relative - within.relative } } : {}

/** Why a look cannot be trusted; undefined when it can. */
export type Guards = (rule: WatchedRule, scope: string, end: Date) => Promise<string | undefined>

/** The guards of one round of looks: what several rules ask of the same window is read once. */
export function openGuards(clickhouse: ClickHouse, projectId: string): Guards {
  const known = new Map<string, Promise<unknown>>()
  const once = <T>(key: string, read: () => Promise<T>): Promise<T> => {
    const found = (known.get(key) as Promise<T> | undefined) ?? read()
    known.set(key, found)
    return found
  }
  return async (rule, scope, end) => {
    const { now, windowMs, latenessMs } = windowsOf(rule, scope, end)
    const { baseline, current, end: to } = weeks(now, windowMs, latenessMs)
    const key = `${baseline.getTime()} ${windowMs}`
    const [received, mappings, feedback] = await Promise.all([
      once(`received ${key}`, () =>
        receivedByHour(clickhouse, {
          projectId,
          from: new Date(baseline.getTime() - 168 * hourMs),
          to: new Date(to.getTime() + latenessMs),
        }),
      ),
      once(`mappings ${key}`, () =>
        readMappings(clickhouse, {
          projectId,
          baseline: { from: baseline, to: current },
          current: { from: current, to },
        }),
      ),
      restsOnFeedback(rule.metric)
        ? readWeeks(clickhouse, { ...windowsOf(rule, scope, end), metric: 'feedback_response_rate' })
        : undefined,
    ])
    return distrust(rule.metric, {
      response: feedback && compareWindows(feedback),
      feedbackBefore: feedback?.baseline.m ?? 0,
      feedbackNow: feedback?.current.m ?? 0,
      received,
      mappings,
      window: { baseline, current, end: to },
    })
  }
}
