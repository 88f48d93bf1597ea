import { Link } from '@remix-run/react'
import { StatusBadge } from '../../components/badge.tsx'
import { whole } from '../../components/format.ts'
import { Panel } from '../../components/page.tsx'
import { EmptyState } from '../../components/states.tsx'
import type { FlagView } from './read-flag.server.ts'

const meanings: Record<string, string> = {
  canary: 'compared',
  control: 'compared',
  default: 'as the control, not compared',
  preview: 'as the canary, not compared',
  off: 'without a model',
}

/** The place of the comparison of cohorts on a flag's page: who was exposed to what. */
export function Comparison({ view: { projectId, key, exposure, windowDays } }: { view: FlagView }) {
  return (
    <Panel title="Who was exposed" lead={`By traces that began in the last ${windowDays} days.`} flush>
      {exposure === null && (
        <p role="alert" className="px-4 py-3 text-bad">
          Not known: ClickHouse does not answer. The switch above works all the same.
        </p>
      )}
      {exposure?.length === 0 && (
        <EmptyState title="Nobody yet">
          A run counts when it has executed. An evaluation by your application counts when its trace says so: see “Use
          it”.
        </EmptyState>
      )}
      {exposure && exposure.length > 0 && (
        <table className="mt-1 w-full text-sm [&_td]:border-line/60 [&_td]:border-t [&_td]:px-4 [&_td]:py-1.5 [&_th]:px-4 [&_th]:py-1.5 [&_th]:text-left [&_th]:font-medium [&_th]:text-muted">
          <thead>
            <tr>
              <th scope="col">Variant</th>
              <th scope="col" className="!text-right">
                Users
              </th>
              <th scope="col" className="!text-right">
                Traces
              </th>
            </tr>
          </thead>
          <tbody>
            {exposure.map(({ variant, users, traces }) => (
              <tr key={variant}>
                <td>
                  <StatusBadge status={variant} />
                  <span className="pl-2 text-muted">{meanings[variant]}</span>
                </td>
                <td className="text-right">{whole(users)}</td>
                <td className="text-right">
                  <Link
                    to={`/p/${projectId}/traces?range=7d&variant=${encodeURIComponent(`${key}=${variant}`)}`}
                    className="underline underline-offset-2"
                  >
                    {whole(traces)}
                  </Link>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </Panel>
  )
}
