import { Link } from '@remix-run/react'
import { MessageSquare, ThumbsDown, ThumbsUp } from 'lucide-react'
import { snippet } from '../../../db/domain/snippet.ts'
import type { TraceSummary } from '../../../db/traces.ts'
import { StatusBadge } from '../../components/badge.tsx'
import type { Column } from '../../components/data-table.tsx'
import { duration } from '../../components/format.ts'
import { RelativeTime } from '../../components/relative-time.tsx'
import { costWords, tokenWords, type UsageWords } from './usage-words.ts'

export const columns: Column<TraceSummary>[] = [
  {
    id: 'time',
    header: 'Time',
    width: 100,
    cell: trace => <RelativeTime at={trace.startedMs} className="text-muted" />,
  },
  {
    id: 'name',
    header: 'Trace',
    width: 156,
    cell: trace => (
      <Link to={trace.traceId} tabIndex={-1} className="font-medium hover:underline" title={trace.name}>
        {trace.workflow || trace.name || trace.traceId.slice(0, 8)}
        {trace.workflowVersion && <span className="font-normal text-muted"> v{trace.workflowVersion}</span>}
      </Link>
    ),
  },
  { id: 'status', header: 'Status', width: 136, cell: trace => <Status trace={trace} /> },
  { id: 'feedback', header: 'Feedback', width: 80, cell: trace => <Said trace={trace} /> },
  { id: 'user', header: 'User', width: 100, spare: true, cell: trace => trace.userId || <None /> },
  {
    id: 'input',
    header: 'Input',
    width: 176,
    grow: true,
    cell: trace => snippet(trace.input, 'user') || <None />,
  },
  {
    id: 'output',
    header: 'Output',
    spare: true,
    width: 140,
    grow: true,
    cell: trace => <span className="text-muted">{snippet(trace.output, 'assistant') || <None />}</span>,
  },
  {
    id: 'latency',
    header: 'Latency',
    width: 72,
    align: 'right',
    cell: trace => (trace.status === 'running' ? <None /> : <Latency {...trace} />),
  },
  {
    id: 'tokens',
    header: 'Tokens',
    spare: true,
    width: 72,
    align: 'right',
    cell: trace => <Tokens trace={trace} />,
  },
  { id: 'cost', header: 'Cost', width: 96, spare: true, align: 'right', cell: trace => <Cost {...trace} /> },
  { id: 'arm', header: 'Arm', width: 138, spare: true, cell: trace => <Arm {...trace} /> },
]

const None = () => <span className="text-faint">–</span>

function Status({ trace: { status, toolsFailed, toolsEmpty } }: { trace: TraceSummary }) {
  return (
    <span className="flex items-center gap-1">
      <StatusBadge status={status} />
      {toolsFailed > 0 && (
        <StatusBadge status="failed" title={`${toolsFailed} tool ${toolsFailed === 1 ? 'call' : 'calls'} failed`}>
          tool
        </StatusBadge>
      )}
      {toolsFailed === 0 && toolsEmpty > 0 && (
        <StatusBadge status="empty" title={`${toolsEmpty} tool ${toolsEmpty === 1 ? 'call' : 'calls'} came back empty`}>
          empty
        </StatusBadge>
      )}
    </span>
  )
}

/** What people said, as marks with words for those who do not see them. */
export function Said({
  trace: { negative, positive, comments },
}: {
  trace: Pick<TraceSummary, 'negative' | 'positive' | 'comments'>
}) {
  if (negative + positive + comments === 0) return <None />
  return (
    <span className="flex items-center gap-1.5">
      {negative > 0 && <ThumbsDown size={13} role="img" aria-label="negative" className="text-bad" />}
      {positive > 0 && <ThumbsUp size={13} role="img" aria-label="positive" className="text-good" />}
      {comments > 0 && <MessageSquare size={13} role="img" aria-label="with a comment" className="text-muted" />}
    </span>
  )
}

/** Time less what was spent waiting for a human. */
function Latency({ durationMs, pausedMs }: TraceSummary) {
  const workedMs = Math.max(0, durationMs - pausedMs)
  if (pausedMs === 0) return duration(workedMs)
  return <span title={`and ${duration(pausedMs)} waiting for a human`}>{duration(workedMs)}</span>
}

/** A trace's tokens, or that they are not known. */
export function Tokens({ trace, show }: { trace: TraceSummary; show?: (tokens: number) => string }) {
  return <Words of={tokenWords(trace, show)} />
}

/** Known cost; a + says that some of it is not known. */
export function Cost(trace: Parameters<typeof costWords>[0]) {
  return <Words of={costWords(trace)} />
}

function Words({ of }: { of: UsageWords }) {
  return of ? <span title={of.tip || undefined}>{of.words}</span> : <None />
}

/** The arm a trace was served by: its flags' variants, or the deterministic path. */
export function Arm({ serving, variants }: Pick<TraceSummary, 'serving' | 'variants'>) {
  if (serving === 'deterministic') return <StatusBadge status="deterministic" />
  const [first] = variants
  if (!first) return <None />
  const variant = first.slice(first.indexOf('=') + 1)
  return (
    <StatusBadge status={variant} title={variants.join('\n')}>
      {variants.length > 1 ? `${variant} +${variants.length - 1}` : variant}
    </StatusBadge>
  )
}
