import type { ClickHouse } from '../db/clickhouse.ts'
import type { AlertRule } from '../db/domain/alert-rule.ts'
import { dayMs, hourMs } from '../db/domain/time.ts'
import { listWorkflows } from '../db/workflows-seen.ts'

/** The workflows of a project that rules for each workflow stand for: those seen in the last four weeks. */
export type WorkflowReader = (projectId: string, now: Date) => Promise<string[]>

/** Those of them that a rule for each is narrowed to. */
export const meantBy = ({ filters }: Pick<AlertRule, 'filters'>, workflows: string[]): string[] =>
  workflows.filter(workflow => filters.workflow?.includes(workflow) ?? true)

const backMs = 28 * dayMs

/** Reads them once an hour: rules are looked at every minute, and what is new can wait for the next hour. */
export function openWorkflows(clickhouse: ClickHouse): WorkflowReader {
  const known = new Map<string, { hour: number; names: string[] }>()
  return async (projectId, now) => {
    const hour = Math.floor(now.getTime() / hourMs)
    const found = known.get(projectId)
    if (found?.hour === hour) return found.names
    const names = await listWorkflows(clickhouse, { projectId, from: new Date(now.getTime() - backMs), to: now })
    known.set(projectId, { hour, names })
    return names
  }
}
