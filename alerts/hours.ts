import type { StoredRule } from '../db/alert-rules.ts'
import type { ClickHouse } from '../db/clickhouse.ts'
import { scopeFilters } from '../db/domain/alert-rule.ts'
import type { UserSums } from '../db/domain/week-over-week.ts'
import { type HourSums, readHour } from '../db/hour-sums.ts'

const nothing: UserSums = { users: 0, m: 0, d: 0, mm: 0, md: 0, dd: 0 }

/** A rule's sums for a workflow (or the project) in the hour that begins then. */
export type HourReader = (rule: StoredRule, scope: string, hour: Date) => Promise<UserSums>

/** Reads each hour once for all rules of the same filters, all metrics and workflows together. */
export function openHours(clickhouse: ClickHouse, projectId: string, rules: readonly StoredRule[]): HourReader {
  const known = new Map<string, Promise<HourSums>>()
  return async (rule, scope, hour) => {
    const kin = `${rule.eachWorkflow} ${JSON.stringify(rule.filters)}`
    const key = `${kin} ${hour.getTime()}`
    const metrics = [
      ...new Set(
        rules
          .filter(other => `${other.eachWorkflow} ${JSON.stringify(other.filters)}` === kin)
          .map(({ metric }) => metric),
      ),
    ]
    const read =
      known.get(key) ??
      readHour(clickhouse, { projectId, hour, filters: scopeFilters(rule, ''), byWorkflow: rule.eachWorkflow, metrics })
    known.set(key, read)
    return (await read).get(scope)?.[rule.metric] ?? nothing
  }
}
