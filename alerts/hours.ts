import type { StoredRule } from '../db/alert-rules.ts'
import type { ClickHouse } from '../db/clickhouse.ts'
import { scopeFilters } from '../db/domain/alert-rule.ts'
import { restsOnFeedback } from '../db/domain/guards.ts'
import type { MetricId } from '../db/domain/metrics.ts'
import type { UserSums } from '../db/domain/week-over-week.ts'
import { type HourSums, readHour } from '../db/hour-sums.ts'

const nothing: UserSums = { users: 0, m: 0, d: 0, mm: 0, md: 0, dd: 0 }

/** Sums for a workflow (or the project) in the hour that begins then, of the rule's metric unless told. */
export type HourReader = (rule: StoredRule, scope: string, hour: Date, metric?: MetricId) => Promise<UserSums>

/** Reads each hour once for all rules of the same filters, all metrics and workflows together. */
export function openHours(clickhouse: ClickHouse, projectId: string, rules: readonly StoredRule[]): HourReader {
  const known = new Map<string, Promise<HourSums>>()
  return async (rule, scope, hour, metric = rule.metric) => {
    const kin = `${rule.eachWorkflow} ${JSON.stringify(rule.filters)}`
    const key = `${kin} ${hour.getTime()}`
    const metrics = [
      ...new Set(
        rules
          .filter(other => `${other.eachWorkflow} ${JSON.stringify(other.filters)}` === kin)
          .flatMap(({ metric }): MetricId[] =>
            restsOnFeedback(metric) ? [metric, 'feedback_response_rate'] : [metric],
          ),
      ),
    ]
    const read =
      known.get(key) ??
      readHour(clickhouse, { projectId, hour, filters: scopeFilters(rule, ''), byWorkflow: rule.eachWorkflow, metrics })
    known.set(key, read)
    return (await read).get(scope)?.[metric] ?? nothing
  }
}
