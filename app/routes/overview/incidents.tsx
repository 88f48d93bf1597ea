import { Link } from '@remix-run/react'
import { TriangleAlert } from 'lucide-react'
import { type MetricId, metricById } from '../../../db/domain/metrics.ts'
import { dayMs } from '../../../db/domain/time.ts'
import { type TraceFilters, writeFilters } from '../../../db/domain/trace-filters.ts'
import { quantity, share, whole } from '../../components/format.ts'
import { RelativeTime } from '../../components/relative-time.tsx'

export type ShownIncident = {
  id: number
  metric: string
  severity: 'warning' | 'page'
  evidence: { current: number; baseline: number; relative: number; low: number; high: number; users: number }
  startedAt: Date
}

/** What is worse than last week with certainty, in one sentence each; nothing when nothing is. */
export function Incidents({ projectId, incidents }: { projectId: string; incidents: ShownIncident[] }) {
  if (incidents.length === 0) return null
  return (
    <section aria-label="Open incidents" className="grid gap-2">
      {incidents.map(incident => (
        <Incident key={incident.id} projectId={projectId} incident={incident} />
      ))}
    </section>
  )
}

function Incident({ projectId, incident }: { projectId: string; incident: ShownIncident }) {
  const { evidence, startedAt } = incident
  const metric = metricById(incident.metric as MetricId)
  const unit = metric.unit
  const change = `${evidence.relative > 0 ? 'up' : 'down'} ${share(Math.abs(evidence.relative))}`
  const span = `${signed(evidence.low)} to ${signed(evidence.high)}`
  return (
    <p className="flex flex-wrap items-baseline gap-x-2 rounded-md border border-bad bg-bad-soft px-3 py-2">
      <TriangleAlert size={14} aria-hidden className="self-center text-bad" />
      <Link to={tracesOf(projectId, metric.opens.numerator, startedAt)} className="font-medium underline">
        {metric.label} is {change} on last week
      </Link>
      <span>
        {quantity(evidence.baseline, unit)} → {quantity(evidence.current, unit)}, {whole(evidence.users)} users,
        interval {span}
      </span>
      <span className="text-muted">
        since <RelativeTime at={startedAt} />
      </span>
    </p>
  )
}

const signed = (value: number) => `${value > 0 ? '+' : '−'}${share(Math.abs(value))}`

/** The traces of the week that is worse. */
function tracesOf(projectId: string, filters: TraceFilters, startedAt: Date) {
  const week = { from: new Date(startedAt.getTime() - 7 * dayMs).toISOString(), to: startedAt.toISOString() }
  return `/p/${projectId}/traces?${writeFilters(new URLSearchParams(week), filters)}`
}
