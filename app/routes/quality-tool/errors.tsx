import { Link } from '@remix-run/react'
import { whole } from '../../components/format.ts'
import { Panel } from '../../components/page.tsx'
import { RelativeTime } from '../../components/relative-time.tsx'
import type { ToolData } from '../quality/tools.server.ts'

/** What the failed calls say, most frequent first; each opens the newest trace that says it. */
export function Errors({ errors, projectId }: ToolData & { projectId: string }) {
  if (errors.length === 0) return null
  return (
    <Panel flush title="What failed calls say" lead="Messages that differ only in numbers and ids count as one.">
      <ul className="divide-y divide-line border-line border-t">
        {errors.map(error => (
          <li key={`${error.message}${error.lastTrace}`}>
            <Link
              to={`/p/${projectId}/traces/${error.lastTrace}`}
              className="grid grid-cols-[3.5rem_minmax(0,1fr)] items-baseline gap-x-3 px-4 py-2 hover:bg-hover focus-visible:-outline-offset-2 sm:grid-cols-[3.5rem_minmax(0,1fr)_auto]"
            >
              <span className="text-right font-semibold">{whole(error.calls)}</span>
              <code className="break-words">{error.message || 'no message'}</code>
              <span className="text-muted text-sm max-sm:col-start-2">
                in {whole(error.traces)} {error.traces === 1 ? 'trace' : 'traces'}, last{' '}
                <RelativeTime at={error.lastMs} />
              </span>
            </Link>
          </li>
        ))}
      </ul>
    </Panel>
  )
}
