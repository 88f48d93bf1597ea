import type { Arrival, ConventionSeen } from '../../../db/arrivals.ts'
import { FigureTable } from '../../components/figure-table.tsx'
import { bytes, share, whole } from '../../components/format.ts'
import { Panel } from '../../components/page.tsx'
import { RelativeTime } from '../../components/relative-time.tsx'
import { byClient, conventionOf } from './seen.ts'

/** Who sent, and in whose words: clients by their user agent, spans by the attribute that decided their kind. */
export function Senders({ arrivals, conventions }: { arrivals: Arrival[]; conventions: ConventionSeen[] }) {
  const clients = byClient(arrivals)
  if (clients.length === 0 && conventions.length === 0) return null
  const spans = conventions.reduce((sum, seen) => sum + seen.spans, 0)
  return (
    <div className="grid grid-cols-1 gap-4 lg:grid-cols-2">
      {clients.length > 0 && (
        <Panel title="Clients" lead="By the user agent that they send." flush>
          <FigureTable label="Clients" heads={['Client', 'Spans', 'Logs', 'Signals', 'Rejected', 'Size', 'Last']}>
            {clients.map(({ client, spans, logs, signals, rejected, bytes: size, lastAtMs }) => (
              <tr key={client}>
                <th scope="row">
                  {client ? (
                    <span className="whitespace-nowrap font-mono text-sm">{client}</span>
                  ) : (
                    <span className="text-muted">without a name</span>
                  )}
                </th>
                <td>{whole(spans)}</td>
                <td>{whole(logs)}</td>
                <td>{whole(signals)}</td>
                <td>{rejected > 0 ? <span className="text-bad">{whole(rejected)}</span> : '0'}</td>
                <td>{bytes(size)}</td>
                <td>
                  <RelativeTime at={lastAtMs} />
                </td>
              </tr>
            ))}
          </FigureTable>
        </Panel>
      )}
      {conventions.length > 0 && (
        <Panel title="Conventions" lead="By the attribute that told what each span is." flush>
          <FigureTable label="Conventions" heads={['Convention', 'Spans', 'Share', 'Last']}>
            {conventions.map(({ mappedBy, spans: count, lastAtMs }) => {
              const { name, hint } = conventionOf(mappedBy)
              return (
                <tr key={mappedBy}>
                  <th scope="row">
                    {name}
                    <span className="block break-words font-normal text-muted text-sm">{hint}</span>
                  </th>
                  <td>{whole(count)}</td>
                  <td>{share(spans > 0 ? count / spans : 0)}</td>
                  <td>
                    <RelativeTime at={lastAtMs} />
                  </td>
                </tr>
              )
            })}
          </FigureTable>
        </Panel>
      )}
    </div>
  )
}
