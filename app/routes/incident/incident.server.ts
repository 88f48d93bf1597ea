import { getRule } from '../../../db/alert-rules.ts'
import { scopeFilters } from '../../../db/domain/alert-rule.ts'
import { bucketSeconds, dayMs } from '../../../db/domain/time.ts'
import { getIncident, type Incident, listEvents, listNotifications, listParts } from '../../../db/incidents.ts'
import { metricSeries } from '../../../db/metrics.ts'
import { listRemedies } from '../../../db/remedies.ts'
import type { Services } from '../../../db/services.ts'

/** All that the page of an incident shows; undefined when the project has none such. */
export async function readIncident(services: Services, projectId: string, id: number, now: Date) {
  const { postgres } = services
  const incident = await getIncident(postgres, projectId, id)
  if (!incident) return undefined
  const [series, events, notifications, parts, rule, remedies] = await Promise.all([
    readOverlay(services, incident, now),
    listEvents(postgres, id),
    listNotifications(postgres, id),
    listParts(postgres, projectId, id),
    incident.ruleId ? getRule(postgres, projectId, incident.ruleId) : undefined,
    listRemedies(services, incident),
  ])
  return {
    incident,
    series,
    events,
    notifications,
    parts,
    threshold: rule?.threshold ?? 0.1,
    rule: rule && { id: rule.id, name: rule.name },
    remedies: remedies.map(({ id, label, consequence }) => ({ id, label, consequence })),
  }
}

/** The window that was worse, up to now or some days after its end, over what was the same time before. */
async function readOverlay({ clickhouse }: Services, incident: Incident, now: Date) {
  const { metric, scope, evidence, endedAt, projectId } = incident
  const [from, split, to] = [evidence.window.from, evidence.window.split, evidence.window.to].map(iso =>
    new Date(iso).getTime(),
  ) as [number, number, number]
  // An hour alone is no line: show the day around it.
  const begin = incident.lane === 'hour' ? split - dayMs : split
  const lag = incident.lane === 'hour' ? 7 * dayMs : split - from
  const end = Math.max(to, Math.min(endedAt?.getTime() ?? now.getTime(), to + 7 * dayMs))
  const range = { from: new Date(begin), to: new Date(end) }
  const seconds = Math.max(3600, bucketSeconds(range, 32))
  const filters = scopeFilters(incident, scope)
  const before = { from: new Date(begin - lag), to: new Date(end - lag) }
  const [current, baseline] = await Promise.all([
    metricSeries(clickhouse, { projectId, filters, ...range }, [metric], seconds),
    metricSeries(clickhouse, { projectId, filters, ...before }, [metric], seconds),
  ])
  const past = new Map(baseline[metric].map(({ at, reading }) => [at + lag, reading?.value ?? null]))
  const points = current[metric].map(({ at, reading }) => ({
    at,
    current: reading?.value ?? null,
    before: past.get(at) ?? null,
  }))
  return { points, bucketSeconds: seconds }
}
