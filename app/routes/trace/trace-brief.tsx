import { Link } from '@remix-run/react'
import { useMemo } from 'react'
import { readMessages } from '../../../db/domain/messages.ts'
import { buildSpanTree, treeRows } from '../../../db/domain/span-tree.ts'
import { StatusBadge } from '../../components/badge.tsx'
import { duration, whole } from '../../components/format.ts'
import { RelativeTime } from '../../components/relative-time.tsx'
import { Arm, Cost, Tokens } from '../traces/columns.tsx'
import { MessageView } from './message-view.tsx'
import { SignalList } from './said.tsx'
import { KindIcon } from './span-kind.tsx'
import type { TraceData } from './trace.server.ts'

const briefRows = 30

/** The trace for a side panel: what people said, what was asked and answered, and the steps between. */
export function TraceBrief({ projectId, trace, span, spans, signals }: TraceData) {
  const rows = useMemo(() => treeRows(buildSpanTree(spans), new Set()), [spans])
  const root = span?.parentSpanId === '' ? span : null
  return (
    <div className="grid grid-cols-1 gap-4 px-4 py-3">
      <p className="flex flex-wrap items-center gap-x-3 gap-y-1 text-muted text-sm">
        <StatusBadge status={trace.status} />
        {(trace.serving === 'deterministic' || trace.variants.length > 0) && <Arm {...trace} />}
        <span>{duration(trace.durationMs)}</span>
        <span>
          <Tokens trace={trace} show={whole} /> tokens
        </span>
        <span>
          <Cost {...trace} />
        </span>
        {trace.userId && <span>{trace.userId}</span>}
        <RelativeTime at={trace.startedMs} className="ml-auto" />
      </p>
      {signals.length > 0 && <SignalList signals={signals} />}
      {root && <Side title="Asked" text={root.input} from="user" />}
      {root && <Side title="Answered" text={root.output} from="assistant" />}
      <section className="grid grid-cols-1 gap-1">
        <h3 className="text-muted text-sm">Steps</h3>
        <ol className="grid grid-cols-1">
          {rows.slice(0, briefRows).map(({ node, depth }) => (
            <li key={node.id}>
              <Link
                to={`/p/${projectId}/traces/${trace.traceId}?span=${node.id}`}
                className="flex h-6.5 items-center gap-1.5 rounded-sm pr-1 text-sm hover:bg-hover"
                style={{ paddingLeft: 4 + Math.min(depth, 8) * 14 }}
              >
                {node.span && <KindIcon kind={node.span.kind} size={13} />}
                <span className="min-w-0 truncate">{node.span?.name ?? 'missing parent'}</span>
                {node.span?.status === 'error' && <StatusBadge status="error" />}
                {node.span?.toolOutcome === 'empty' && <StatusBadge status="empty" />}
                <span className="ml-auto shrink-0 text-muted">{duration(node.durationMs)}</span>
              </Link>
            </li>
          ))}
        </ol>
        {rows.length > briefRows && <p className="text-muted text-sm">and {whole(rows.length - briefRows)} more</p>}
      </section>
    </div>
  )
}

/** The last message of one side; a conversation's history stays on the trace's page. */
function Side({ title, text, from }: { title: string; text: string; from: 'user' | 'assistant' }) {
  const messages = readMessages(text, from)
  const last = messages.findLast(message => message.role === from) ?? messages.at(-1)
  if (!last) return null
  return (
    <section className="grid grid-cols-1 gap-1">
      <h3 className="text-muted text-sm">{title}</h3>
      <ol>
        <MessageView message={last} markdown bare />
      </ol>
    </section>
  )
}
