import type { ReactNode } from 'react'
import type { Arrival, ConventionSeen } from '../../../db/arrivals.ts'
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
      <Panel title="Clients" lead="By the user agent that they send." flush>
        <Table label="Clients" heads={['Client', 'Spans', 'Logs', 'Rejected', 'Size', 'Last']}>
          {clients.map(({ client, spans, logs, rejected, bytes: size, lastAtMs }) => (
            <tr key={client}>
              <Cell left>
                {client ? (
                  <span className="whitespace-nowrap font-mono text-sm">{client}</span>
                ) : (
                  <span className="text-muted">without a name</span>
                )}
              </Cell>
              <Cell>{whole(spans)}</Cell>
              <Cell>{whole(logs)}</Cell>
              <Cell>{rejected > 0 ? <span className="text-bad">{whole(rejected)}</span> : '0'}</Cell>
              <Cell>{bytes(size)}</Cell>
              <Cell>
                <RelativeTime at={lastAtMs} />
              </Cell>
            </tr>
          ))}
        </Table>
      </Panel>
      <Panel title="Conventions" lead="By the attribute that told what each span is." flush>
        <Table label="Conventions" heads={['Convention', 'Spans', 'Share', 'Last']}>
          {conventions.map(({ mappedBy, spans: count, lastAtMs }) => {
            const { name, hint } = conventionOf(mappedBy)
            return (
              <tr key={mappedBy}>
                <Cell left>
                  {name}
                  <span className="block break-words text-muted text-sm">{hint}</span>
                </Cell>
                <Cell>{whole(count)}</Cell>
                <Cell>{share(spans > 0 ? count / spans : 0)}</Cell>
                <Cell>
                  <RelativeTime at={lastAtMs} />
                </Cell>
              </tr>
            )
          })}
        </Table>
      </Panel>
    </div>
  )
}

function Table({ label, heads, children }: { label: string; heads: string[]; children: ReactNode }) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a frame that scrolls must be reached by the keyboard
    <section aria-label={label} tabIndex={0} className="overflow-x-auto">
      <table className="w-full text-sm">
        <thead>
          <tr>
            {heads.map((head, at) => (
              <th
                key={head}
                scope="col"
                className={`h-8 whitespace-nowrap px-2 font-medium text-muted first:pl-4 last:pr-4 ${at === 0 ? 'text-left' : 'text-right'}`}
              >
                {head}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>{children}</tbody>
      </table>
    </section>
  )
}

const Cell = ({ left = false, children }: { left?: boolean; children: ReactNode }) => (
  <td
    className={`h-8 border-line/60 border-t px-2 py-1 first:pl-4 last:pr-4 ${left ? 'text-left' : 'whitespace-nowrap text-right'}`}
  >
    {children}
  </td>
)
