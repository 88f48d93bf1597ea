import { Link } from '@remix-run/react'
import { TriangleAlert } from 'lucide-react'
import type { Lane, Severity } from '../../../db/domain/alert-rule.ts'
import { type Evidence, headline, numbers } from '../../../db/domain/incident.ts'
import type { MetricId } from '../../../db/domain/metrics.ts'
import type { TraceFilters } from '../../../db/domain/trace-filters.ts'
import { classes } from '../../components/classes.ts'
import { RelativeTime } from '../../components/relative-time.tsx'

export type ShownIncident = {
  id: number
  metric: MetricId
  scope: string
  filters: TraceFilters
  lane: Lane
  severity: Severity
  evidence: Evidence
  startedAt: Date
  parentId: number | null
}

/** What is worse than last week with certainty, in one sentence each; nothing when nothing is. */
export function Incidents({ projectId, incidents }: { projectId: string; incidents: ShownIncident[] }) {
  const whole = incidents.filter(({ parentId }) => parentId === null)
  if (whole.length === 0) return null
  return (
    <section aria-label="Open incidents" className="grid gap-2">
      {whole.map(incident => (
        <Incident key={incident.id} projectId={projectId} incident={incident} />
      ))}
    </section>
  )
}

function Incident({ projectId, incident }: { projectId: string; incident: ShownIncident }) {
  const { id, metric, severity, evidence, startedAt } = incident
  const page = severity === 'page'
  return (
    <p
      className={classes(
        'flex flex-wrap items-baseline gap-x-2 rounded-md border px-3 py-2',
        page ? 'border-bad bg-bad-soft' : 'border-warn bg-warn-soft',
      )}
    >
      <TriangleAlert size={14} aria-hidden className={classes('self-center', page ? 'text-bad' : 'text-warn')} />
      <Link to={`/p/${projectId}/alerts/incidents/${id}`} className="font-medium underline">
        {headline(incident)}
      </Link>
      <span>{numbers(metric, evidence)}</span>
      <span className="text-muted">
        since <RelativeTime at={startedAt} />
      </span>
    </p>
  )
}
