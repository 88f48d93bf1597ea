import { Link } from '@remix-run/react'
import { quantity, share, type Unit } from '../../../db/domain/format.ts'
import type { SegmentShare, SystemChange, WorstTrace } from '../../../db/domain/incident.ts'
import { subjectOf } from '../../../db/domain/incident.ts'
import type { Incident } from '../../../db/incidents.ts'
import { Panel } from '../../components/page.tsx'
import { PlainTable } from '../../components/plain-table.tsx'
import { RelativeTime } from '../../components/relative-time.tsx'
import { AlertState } from './badges.tsx'

const nothing = (text: string) => <p className="px-4 pb-3 text-muted">{text}</p>

/** Who carries the change. */
export function Segments({ segments, unit }: { segments: SegmentShare[]; unit: Unit }) {
  return (
    <Panel title="What carries it" flush>
      {segments.length === 0 ? (
        nothing('No version, model, variant or workflow carries more of it than another.')
      ) : (
        <PlainTable label="Segments" head={['Segment', 'Before', 'Now', 'Of the change']}>
          {segments.map(({ dimension, key, baseline, current, carries }) => (
            <tr key={`${dimension} ${key}`}>
              <td>
                <span className="text-muted">{dimension}</span> {key || '(none)'}
              </td>
              <td className="whitespace-nowrap">{quantity(baseline, unit)}</td>
              <td className="whitespace-nowrap">{quantity(current, unit)}</td>
              <td className="whitespace-nowrap">
                <Bar part={carries} />
                {share(carries)}
              </td>
            </tr>
          ))}
        </PlainTable>
      )}
    </Panel>
  )
}

export function WorstTraces({ projectId, traces }: { projectId: string; traces: WorstTrace[] }) {
  return (
    <Panel title="Worst traces" flush>
      {traces.length === 0 ? (
        nothing('None was found in this window.')
      ) : (
        <ul>
          {traces.map(({ traceId, at, why }) => (
            <li key={traceId} className="flex gap-3 border-line/60 border-t px-4 py-1.5">
              <Link to={`/p/${projectId}/traces/${traceId}`} className="min-w-0 flex-1 truncate hover:underline">
                {why}
              </Link>
              <RelativeTime at={at} className="whitespace-nowrap text-muted text-sm" />
            </li>
          ))}
        </ul>
      )}
    </Panel>
  )
}

export function Changes({ projectId, changes }: { projectId: string; changes: SystemChange[] }) {
  return (
    <Panel title="What changed in that window" flush>
      {changes.length === 0 ? (
        nothing('No new version, model or tool was seen, and nothing was changed here.')
      ) : (
        <ul>
          {changes.map(({ at, what, to }) => (
            <li key={`${at} ${what}`} className="flex gap-3 border-line/60 border-t px-4 py-1.5">
              <span className="min-w-0 flex-1 wrap-anywhere">
                {to ? (
                  <Link to={`/p/${projectId}/${to}`} className="hover:underline">
                    {what}
                  </Link>
                ) : (
                  what
                )}
              </span>
              <RelativeTime at={at} className="whitespace-nowrap text-muted text-sm" />
            </li>
          ))}
        </ul>
      )}
    </Panel>
  )
}

/** The workflows' own incidents that nobody was told of, since this one says it. */
export function Parts({ parts }: { parts: Incident[] }) {
  if (parts.length === 0) return null
  return (
    <Panel title="Its parts" lead="Nobody is told of these while this incident lasts." flush>
      <ul>
        {parts.map(part => (
          <li key={part.id} className="flex items-center gap-2 border-line/60 border-t px-4 py-1.5">
            <Link to={`../alerts/incidents/${part.id}`} className="min-w-0 flex-1 truncate hover:underline">
              {subjectOf(part)}
            </Link>
            <AlertState state={part.state} />
          </li>
        ))}
      </ul>
    </Panel>
  )
}

/** How much of the whole, drawn; the number stands beside it. */
function Bar({ part }: { part: number }) {
  return (
    <span aria-hidden className="mr-2 inline-block h-1.5 w-16 rounded-sm bg-sunken align-middle">
      <span className="block h-full rounded-sm bg-accent" style={{ width: `${Math.min(1, part) * 100}%` }} />
    </span>
  )
}
