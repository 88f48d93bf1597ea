import { Link } from '@remix-run/react'
import { StatusBadge } from '../../components/badge.tsx'
import { Panel } from '../../components/page.tsx'
import { RelativeTime } from '../../components/relative-time.tsx'
import type { ComparedView } from '../flag-comparison/read-comparison.server.ts'
import { tracesOf } from './guardrails.tsx'
import type { FlagView } from './read-flag.server.ts'

/** The canary's newest traces that went wrong, each to be opened. */
export function Failing({ view, compared }: { view: FlagView; compared: ComparedView }) {
  const { failing } = compared
  return (
    <Panel
      title="Failing traces of the canary"
      lead={failing.length > 0 ? 'Disliked and failed ones first, then the newest.' : undefined}
      flush={failing.length > 0}
      actions={
        <Link to={tracesOf(view, compared, 'canary')} className="text-muted text-sm hover:text-ink hover:underline">
          All traces of the canary
        </Link>
      }
    >
      {failing.length === 0 && (
        <p className="text-muted">None: no dislikes, errors, failed tools or broken-off tasks.</p>
      )}
      <ul className="divide-y divide-line">
        {failing.map(({ traceId, at, user, asked, isDisliked, isFailed, toolsFailed }) => (
          <li key={traceId}>
            <Link
              to={`/p/${view.projectId}/traces/${traceId}`}
              className="flex flex-wrap items-center gap-x-3 gap-y-1 px-4 py-1.5 hover:bg-hover focus-visible:-outline-offset-2"
            >
              <span className="flex gap-1">
                {isDisliked && <StatusBadge status="negative" />}
                {isFailed && <StatusBadge status="error" />}
                {toolsFailed > 0 && <StatusBadge status="failed">tool failed</StatusBadge>}
                {!isDisliked && !isFailed && toolsFailed === 0 && (
                  <StatusBadge status="empty">not completed</StatusBadge>
                )}
              </span>
              <span className="min-w-40 flex-1 truncate">{asked || traceId.slice(0, 8)}</span>
              <span className="text-muted text-sm">
                {user && `${user}, `}
                <RelativeTime at={at} />
              </span>
            </Link>
          </li>
        ))}
      </ul>
    </Panel>
  )
}
