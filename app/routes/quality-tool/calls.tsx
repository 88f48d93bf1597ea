import { Link } from '@remix-run/react'
import type { ToolCall } from '../../../db/tool-calls.ts'
import { StatusBadge } from '../../components/badge.tsx'
import { duration } from '../../components/format.ts'
import { Panel } from '../../components/page.tsx'
import { RelativeTime } from '../../components/relative-time.tsx'
import type { ToolData } from '../quality/tools.server.ts'

/** The newest failed and empty calls: what was asked, and what came back. */
export function Calls({ failed, empty, projectId }: ToolData & { projectId: string }) {
  return (
    <div className="grid grid-cols-1 gap-3 lg:grid-cols-2">
      <CallList title="Newest failed calls" status="failed" calls={failed} projectId={projectId} />
      <CallList title="Newest empty calls" status="empty" calls={empty} projectId={projectId} />
    </div>
  )
}

type ListProps = { title: string; status: 'failed' | 'empty'; calls: ToolCall[]; projectId: string }

function CallList({ title, status, calls, projectId }: ListProps) {
  return (
    <Panel flush title={title}>
      {calls.length === 0 ? (
        <p className="px-4 pb-4 text-muted">None in this window.</p>
      ) : (
        <ul className="divide-y divide-line border-line border-t">
          {calls.map(call => (
            <li key={`${call.traceId}${call.spanId}`}>
              <Link
                to={`/p/${projectId}/traces/${call.traceId}?span=${call.spanId}`}
                className="grid gap-1 px-4 py-2 hover:bg-hover focus-visible:-outline-offset-2"
              >
                <span className="flex flex-wrap items-baseline gap-x-2">
                  <StatusBadge status={status} />
                  <span className="text-muted text-sm">
                    {[call.workflow, call.userId, duration(call.durationMs)].filter(Boolean).join(' · ')}
                  </span>
                  <span className="ml-auto text-muted text-sm">
                    <RelativeTime at={call.atMs} />
                  </span>
                </span>
                {call.arguments && <Text name="asked" text={call.arguments} />}
                {(call.message || call.result) && <Text name="got" text={call.message || call.result} />}
              </Link>
            </li>
          ))}
        </ul>
      )}
    </Panel>
  )
}

const Text = ({ name, text }: { name: string; text: string }) => (
  <span className="grid grid-cols-[2.75rem_minmax(0,1fr)] gap-x-2 text-sm">
    <span className="text-muted">{name}</span>
    <code className="line-clamp-2 break-words">{text}</code>
  </span>
)
