import { Check, CircleAlert, Clock } from 'lucide-react'
import { Badge } from '../../components/badge.tsx'
import { Panel } from '../../components/page.tsx'
import { PlainTable } from '../../components/plain-table.tsx'
import { RelativeTime } from '../../components/relative-time.tsx'
import type { loader } from './route.tsx'

type Data = Awaited<ReturnType<typeof loader>>

/** Every message about the incident, and what became of it. */
export function Notifications({ notifications }: Pick<Data, 'notifications'>) {
  return (
    <Panel title="Notifications" flush>
      {notifications.length === 0 ? (
        <p className="px-4 pb-3 text-muted">Nobody was told. The history says why.</p>
      ) : (
        <PlainTable label="Notifications" head={['Channel', 'About', 'Status', 'When', 'Tries', 'Error']}>
          {notifications.map(one => (
            <tr key={one.id}>
              <td className="whitespace-nowrap">{one.channel}</td>
              <td className="whitespace-nowrap">
                {one.kind}
                {one.digest && <span className="text-muted"> in a digest</span>}
              </td>
              <td>
                <Sent status={one.status} />
              </td>
              <td className="whitespace-nowrap">
                <RelativeTime at={one.doneAt ?? one.dueAt} />
              </td>
              <td>{one.attempts}</td>
              <td className="min-w-48 break-words text-muted">{one.error}</td>
            </tr>
          ))}
        </PlainTable>
      )}
    </Panel>
  )
}

export function Sent({ status }: { status: 'waiting' | 'sent' | 'failed' }) {
  if (status === 'sent') return <Badge icon={Check}>sent</Badge>
  if (status === 'failed')
    return (
      <Badge tone="bad" icon={CircleAlert}>
        failed
      </Badge>
    )
  return <Badge icon={Clock}>waiting</Badge>
}

/** What happened, each with its reason. */
export function History({ events }: Pick<Data, 'events'>) {
  return (
    <Panel title="History" flush>
      <PlainTable label="History" head={['When', 'What', 'Why', 'Told']}>
        {events.map(({ n, kind, reason, untold, at, who }) => (
          <tr key={n}>
            <td className="whitespace-nowrap">
              <RelativeTime at={at} />
            </td>
            <td className="whitespace-nowrap">{kind.replace('_', ' ')}</td>
            <td className="min-w-48">
              {reason}
              {who && <span className="text-muted"> ({who})</span>}
            </td>
            <td className="min-w-32 text-muted">{untold ?? ''}</td>
          </tr>
        ))}
      </PlainTable>
    </Panel>
  )
}
