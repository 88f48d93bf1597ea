import { Link, useParams } from '@remix-run/react'
import { ThumbsDown } from 'lucide-react'
import { snippet } from '../../../db/domain/snippet.ts'
import { StatusBadge } from '../../components/badge.tsx'
import { negativeWords } from '../../components/negative-words.ts'
import { Panel } from '../../components/page.tsx'
import { RelativeTime } from '../../components/relative-time.tsx'
import type { OverviewData } from './overview.server.ts'

/** The newest complaints, each leading to the trace it is about. */
export function NegativeList({ negative }: OverviewData) {
  const { projectId } = useParams()
  if (negative.length === 0) {
    return (
      <Panel title="Newest negative feedback">
        <p className="text-muted">
          None in this window. Send thumbs, edits and other signals to <code>/v1/signals</code>:{' '}
          <Link to={`/p/${projectId}/data-in`} className="text-accent-strong underline underline-offset-2">
            see how
          </Link>
          .
        </p>
      </Panel>
    )
  }
  return (
    <Panel
      flush
      title="Newest negative feedback"
      actions={
        <Link to={`/p/${projectId}/inbox`} className="text-muted text-sm hover:text-ink hover:underline">
          Open the inbox
        </Link>
      }
    >
      <ul className="divide-y divide-line border-line border-t">
        {negative.map(said => (
          <li key={said.traceId}>
            <Link
              to={`/p/${projectId}/traces/${said.traceId}`}
              className="grid grid-cols-[auto_minmax(0,1fr)_auto] items-baseline gap-x-3 px-4 py-2 hover:bg-hover focus-visible:-outline-offset-2"
            >
              <ThumbsDown size={14} aria-label="negative" className="translate-y-0.5 text-bad" />
              <span className="min-w-0">
                <span className="flex flex-wrap items-baseline gap-x-2">
                  <span className="wrap-anywhere line-clamp-3 font-medium">
                    {said.comment ? `“${said.comment}”` : negativeWords(said.kind)}
                  </span>
                  <span className="wrap-anywhere text-muted text-sm">
                    {said.workflow || said.name} {said.workflowVersion && `v${said.workflowVersion}`}
                    {said.userId && ` · ${said.userId}`}
                  </span>
                  {said.status === 'error' && <StatusBadge status="error" />}
                  {said.toolsFailed > 0 && <StatusBadge status="failed">tool failed</StatusBadge>}
                  {said.toolsEmpty > 0 && <StatusBadge status="empty">tool came back empty</StatusBadge>}
                </span>
                <span className="block truncate text-muted">{snippet(said.input, 'user')}</span>
              </span>
              <span className="whitespace-nowrap text-muted text-sm">
                <RelativeTime at={said.saidMs} />
              </span>
            </Link>
          </li>
        ))}
      </ul>
    </Panel>
  )
}
