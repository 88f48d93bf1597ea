import type { StoredRule } from '../db/alert-rules.ts'
import type { ClickHouse } from '../db/clickhouse.ts'
import { dayMs, hourMs } from '../db/domain/time.ts'
import { listWorkflows } from '../db/workflows-seen.ts'

/** The workflows that a rule for each workflow stands for: those of its filter that were seen in the last four weeks. */
export type WorkflowReader = (rule: Pick<StoredRule, 'projectId' | 'filters'>, now: Date) => Promise<string[]>

const backMs = 28 * dayMs

/** Reads them once an hour: rules are looked at every minute, and what is new can wait for the next hour. */
export function openWorkflows(clickhouse: ClickHouse): WorkflowReader {
  let hour = 0
  let known = new Map<string, string[]>()
  return async ({ projectId, filters: { workflow: among } }, now) => {
    const thisHour = Math.floor(now.getTime() / hourMs)
    if (thisHour !== hour) known = new Map()
    hour = thisHour
    const key = JSON.stringify([projectId, among])
    const found = known.get(key)
    if (found) return found
    const from = new Date(now.getTime() - backMs)
    const names = await listWorkflows(clickhouse, { projectId, from, to: now, among })
    if (thisHour === hour) known.set(key, names)
    return names
  }
}
