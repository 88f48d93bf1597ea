import type { StoredRule } from '../db/alert-rules.ts'
import type { ClickHouse } from '../db/clickhouse.ts'
import { distrust, restsOnFeedback } from '../db/domain/guards.ts'
import { addSums, type UserSums } from '../db/domain/stats/sums.ts'
import { hourMs } from '../db/domain/time.ts'
import { compareWindows } from '../db/domain/week-over-week.ts'
import { readMappings } from '../db/guards.ts'
import type { HourReader } from './hours.ts'

/** Why an hour cannot be compared with the same hour of the weeks before; undefined when it can. */
export type HourGuards = (rule: StoredRule, scope: string, hours: readonly Date[]) => Promise<string | undefined>

/**
 * The guards of one round: has the share of traces with feedback moved, have the spans come by other conventions than in
 * the same hour a week ago. A gap needs none: an hour without traffic has too few events to judge.
 */
export function openHourGuards(clickhouse: ClickHouse, projectId: string, read: HourReader): HourGuards {
  const known = new Map<number, ReturnType<typeof readMappings>>()
  const hourFrom = (from: Date) => ({ from, to: new Date(from.getTime() + hourMs) })
  const mappingsOf = (current: Date, baseline: Date) => {
    const mappings =
      known.get(current.getTime()) ??
      readMappings(clickhouse, { projectId, current: hourFrom(current), baseline: hourFrom(baseline) })
    known.set(current.getTime(), mappings)
    return mappings
  }
  return async (rule, scope, [current, ...references]) => {
    const weekAgo = references[0]
    if (!current || !weekAgo) return undefined
    const [mappings, feedback] = await Promise.all([
      mappingsOf(current, weekAgo),
      restsOnFeedback(rule.metric)
        ? Promise.all([current, ...references].map(hour => read(rule, scope, hour, 'feedback_response_rate')))
        : undefined,
    ])
    return distrust(rule.metric, {
      ...feedbackFacts(feedback),
      mappings,
      received: new Map(),
      window: { baseline: weekAgo, current, end: hourFrom(current).to },
    })
  }
}

/** Hours are weeks apart, so few users are in two of them: they are compared as if nobody were. */
function feedbackFacts(hours: readonly UserSums[] | undefined) {
  const [current, ...references] = hours ?? []
  if (!current || references.length === 0) return { feedbackBefore: 0, feedbackNow: 0 }
  const baseline = references.reduce(addSums)
  const cross = { mm: 0, md: 0, dm: 0, dd: 0 }
  return {
    response: compareWindows({ scale: 'ratio', current, baseline, cross }),
    feedbackBefore: baseline.m / references.length,
    feedbackNow: current.m,
  }
}
