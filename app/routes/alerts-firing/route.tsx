import type { LoaderFunctionArgs, MetaFunction } from '@remix-run/node'
import { Link, useLoaderData } from '@remix-run/react'
import { BellOff, CircleCheck } from 'lucide-react'
import { listChannels } from '../../../db/alert-channels.ts'
import { headline, numbers, subjectOf } from '../../../db/domain/incident.ts'
import { type Incident, listEndedIncidents, listOpenIncidents } from '../../../db/incidents.ts'
import { requireProject } from '../../access.server.ts'
import { ButtonLink } from '../../components/button.tsx'
import { OlderLink } from '../../components/older-link.tsx'
import { type PageHandle, Panel } from '../../components/page.tsx'
import { PlainTable } from '../../components/plain-table.tsx'
import { RelativeTime } from '../../components/relative-time.tsx'
import { EmptyState } from '../../components/states.tsx'
import { pageOf, readBefore } from '../../older.ts'
import { AlertState, SeverityBadge } from '../incident/badges.tsx'

export const handle: PageHandle = { crumbs: [{ label: 'Firing' }], live: { everyMs: 10_000 } }
export const meta: MetaFunction = () => [{ title: 'Alerts · Davylamp' }]

const size = 30

export async function loader(args: LoaderFunctionArgs) {
  const { services, project } = await requireProject(args)
  const [open, ended, channels] = await Promise.all([
    listOpenIncidents(services.postgres, project.id),
    listEndedIncidents(services.postgres, project.id, {
      before: readBefore(args.request.url),
      limit: size + 1,
    }),
    listChannels(services.postgres, project.id),
  ])
  return {
    projectId: project.id,
    open,
    ended: pageOf(ended, size, ({ id }) => id),
    hasChannels: channels.some(channel => channel.enabled),
  }
}

export default function Firing() {
  const { projectId, open, ended, hasChannels } = useLoaderData<typeof loader>()
  const whole = open.filter(({ parentId }) => parentId === null)
  return (
    <div className="grid gap-4">
      {!hasChannels && <NoChannel projectId={projectId} />}
      <Panel title="Firing now" flush>
        {open.length === 0 ? (
          <EmptyState icon={CircleCheck} title="Nothing is firing">
            Every metric is compared with the week before, once a day, and hour by hour for sudden trouble. What is
            worse for certain appears here.
          </EmptyState>
        ) : (
          <ul>
            {whole.map(incident => (
              <OpenIncident
                key={incident.id}
                incident={incident}
                parts={open.filter(({ parentId }) => parentId === incident.id)}
              />
            ))}
          </ul>
        )}
      </Panel>
      {ended.rows.length > 0 && (
        <Panel title="Over" flush>
          <PlainTable label="Incidents that are over" head={['Incident', 'Began', 'Ended', 'Why it ended']}>
            {ended.rows.map(incident => (
              <tr key={incident.id}>
                <td>
                  <Link to={`incidents/${incident.id}`} className="font-medium hover:underline">
                    {subjectOf(incident)}
                  </Link>
                </td>
                <td className="whitespace-nowrap">
                  <RelativeTime at={incident.startedAt} />
                </td>
                <td className="whitespace-nowrap">{incident.endedAt && <RelativeTime at={incident.endedAt} />}</td>
                <td className="text-muted">{incident.endedReason}</td>
              </tr>
            ))}
          </PlainTable>
          <OlderLink next={ended.next} what="incidents" />
        </Panel>
      )}
    </div>
  )
}

function OpenIncident({ incident, parts }: { incident: Incident; parts: Incident[] }) {
  return (
    <li className="border-line/60 border-t px-4 py-2.5">
      <div className="flex flex-wrap items-baseline gap-x-2 gap-y-1">
        <span className="flex gap-1.5">
          <SeverityBadge severity={incident.severity} />
          <AlertState state={incident.state} />
        </span>
        <Link to={`incidents/${incident.id}`} className="font-medium hover:underline">
          {headline(incident)}
        </Link>
        {incident.acknowledgedAt && <span className="text-muted text-sm">acknowledged</span>}
        {!incident.told && <span className="text-muted text-sm">nobody was told</span>}
        <span className="whitespace-nowrap text-muted text-sm md:ml-auto">
          since <RelativeTime at={incident.startedAt} />
        </span>
      </div>
      <p className="text-muted">{numbers(incident.metric, incident.evidence)}</p>
      {parts.length > 0 && (
        <ul aria-label="Its parts" className="mt-1 flex flex-wrap gap-x-2 text-muted text-sm">
          <li>in</li>
          {parts.map(part => (
            <li key={part.id}>
              <Link to={`incidents/${part.id}`} className="text-muted underline">
                {part.scope}
              </Link>
            </li>
          ))}
        </ul>
      )}
    </li>
  )
}

function NoChannel({ projectId }: { projectId: string }) {
  return (
    <div className="flex flex-wrap items-center gap-x-3 gap-y-2 rounded-md border border-warn bg-warn-soft px-4 py-2.5">
      <BellOff size={16} aria-hidden className="text-warn" />
      <p className="flex-1">Nobody is told when something fires: this project has no channel.</p>
      <ButtonLink to={`/p/${projectId}/alerts/channels`} size="sm">
        Add a channel
      </ButtonLink>
    </div>
  )
}
