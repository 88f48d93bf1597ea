import { Inbox } from 'lucide-react'
import type { ReactNode } from 'react'
import type { Arrival } from '../../../db/arrivals.ts'
import { Badge } from '../../components/badge.tsx'
import { bytes, whole } from '../../components/format.ts'
import { Panel } from '../../components/page.tsx'
import { RelativeTime } from '../../components/relative-time.tsx'
import { EmptyState } from '../../components/states.tsx'

/** What arrived in the last seven days and what became of it: nothing disappears silently. */
export function Ledger({ arrivals }: { arrivals: Arrival[] }) {
  const received = arrivals.filter(({ outcome }) => outcome === 'received')
  const rejected = arrivals.filter(({ outcome }) => outcome === 'rejected')
  const notKept = arrivals.filter(({ outcome }) => outcome === 'not kept')
  const spooled = arrivals.filter(({ outcome }) => outcome === 'spooled')
  const lastAtMs = Math.max(0, ...arrivals.map(arrival => arrival.lastAtMs))
  const sum = (outcome: Arrival['outcome']) =>
    arrivals.filter(arrival => arrival.outcome === outcome).reduce((total, { count }) => total + count, 0)
  return (
    <Panel title="What arrived" lead="In the last 7 days." flush>
      {arrivals.length === 0 ? (
        <EmptyState icon={Inbox} title="Nothing arrived yet">
          Each request is counted here: received, stored, sent twice, or refused and why.
        </EmptyState>
      ) : (
        <>
          <dl className="grid grid-cols-2 gap-px border-line border-y bg-line sm:grid-cols-5">
            <Figure name="Received">{whole(sum('received'))}</Figure>
            <Figure name="Stored">{whole(sum('stored'))}</Figure>
            <Figure name="Sent twice">{whole(sum('duplicate'))}</Figure>
            <Figure name="Refused">
              <span className={sum('rejected') > 0 ? 'text-bad' : undefined}>{whole(sum('rejected'))}</span>
            </Figure>
            <Figure name="Last">{lastAtMs > 0 ? <RelativeTime at={lastAtMs} /> : '–'}</Figure>
          </dl>
          <ul>
            {received.map(({ item, client, count, bytes: size, lastAtMs }) => (
              <Line key={`${item}/${client}`} lead={item} text={client || 'a client without a name'}>
                {whole(count)} · {bytes(size)} · <RelativeTime at={lastAtMs} />
              </Line>
            ))}
            {spooled.map(({ item, client, count }) => (
              <Line key={`${item}/${client}/spooled`} lead={item} text="kept on disk first, while ClickHouse was away">
                {whole(count)}
              </Line>
            ))}
            {notKept.map(({ item, client, count }) => (
              <Line key={`${item}/${client}/not kept`} lead={item} text="not kept: only events of spans are">
                {whole(count)}
              </Line>
            ))}
            {rejected.map(({ item, client, reason, count }) => (
              <Line key={`${item}/${client}/${reason}`} lead={item} text={reason || 'no reason was noted'} refused>
                {whole(count)}
              </Line>
            ))}
          </ul>
        </>
      )}
    </Panel>
  )
}

function Figure({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div className="bg-surface px-4 py-2.5">
      <dt className="text-muted text-sm">{name}</dt>
      <dd className="font-semibold text-lg">{children}</dd>
    </div>
  )
}

function Line({
  lead,
  text,
  refused = false,
  children,
}: {
  lead: string
  text: string
  refused?: boolean
  children: ReactNode
}) {
  return (
    <li className="flex flex-wrap items-center gap-x-3 border-line/60 border-t px-4 py-1.5 text-sm first:border-t-0">
      <Badge tone={refused ? 'bad' : 'neutral'}>{refused ? `${lead} refused` : lead}</Badge>
      <span className="min-w-0 flex-1 truncate">{text}</span>
      <span className="text-muted">{children}</span>
    </li>
  )
}
