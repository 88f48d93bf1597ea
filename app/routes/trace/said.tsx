import { useRevalidator } from '@remix-run/react'
import { MessageSquare, Minus, ThumbsDown, ThumbsUp } from 'lucide-react'
import type { StoredSignal } from '../../../db/signals.ts'
import type { TraceSummary } from '../../../db/traces.ts'
import { Feedback, thumbId } from '../../components/feedback.tsx'
import { share } from '../../components/format.ts'
import { RelativeTime } from '../../components/relative-time.tsx'

/** What people and programs said about the trace, and the place to say more. */
export function Said({
  projectId,
  trace,
  signals,
}: {
  projectId: string
  trace: TraceSummary
  signals: StoredSignal[]
}) {
  const { revalidate } = useRevalidator()
  const own = signals.find(({ id }) => id === thumbId(trace.traceId))
  const thumbs = own?.value === 1 ? 1 : own?.value === -1 ? -1 : undefined
  return (
    <div className="grid gap-4 px-4 py-3">
      <Feedback
        key={trace.traceId}
        projectId={projectId}
        traceId={trace.traceId}
        runId={trace.runId || undefined}
        thumbs={thumbs}
        onSent={revalidate}
      />
      <SignalList signals={signals} />
    </div>
  )
}

export function SignalList({ signals }: { signals: StoredSignal[] }) {
  if (signals.length === 0) return <p className="text-muted">Nobody has said anything about this trace yet.</p>
  return (
    <ul aria-label="Signals" className="divide-y divide-line rounded-md border border-line">
      {signals.map(signal => (
        <li key={signal.id} className="grid gap-1 px-3 py-2">
          <p className="flex flex-wrap items-center gap-x-2 text-muted text-sm">
            <Polarity of={signal} />
            <span className="font-medium text-ink">{signalWords(signal)}</span>
            {signal.userId && <span>by {signal.userId}</span>}
            {signal.source && <span>via {signal.source}</span>}
            <RelativeTime at={signal.at} className="ml-auto" />
          </p>
          {signal.comment && <p className="whitespace-pre-wrap wrap-anywhere">“{signal.comment}”</p>}
          {Object.keys(signal.labels).length > 0 && (
            <p className="wrap-anywhere font-mono text-muted text-sm">
              {Object.entries(signal.labels)
                .map(([key, value]) => `${key}=${value}`)
                .join('  ')}
            </p>
          )}
        </li>
      ))}
    </ul>
  )
}

function Polarity({ of: { polarity, kind } }: { of: StoredSignal }) {
  if (polarity < 0) return <ThumbsDown size={13} role="img" aria-label="negative" className="text-bad" />
  if (polarity > 0) return <ThumbsUp size={13} role="img" aria-label="positive" className="text-good" />
  const Icon = kind === 'comment' ? MessageSquare : Minus
  return <Icon size={13} role="img" aria-label="neither positive nor negative" className="text-muted" />
}

/** A signal in words: `rated 30 %`, `action: refund sent`. */
export function signalWords({ kind, value, action }: StoredSignal): string {
  if (kind === 'thumbs') return value !== null && value < 0 ? 'thumbs down' : 'thumbs up'
  if (kind === 'rating') return `rated ${share(value)}`
  if (kind === 'edit') return `edited ${share(value)} of it`
  if (kind === 'completion') return value === 1 ? 'task completed' : 'task not completed'
  if (kind === 'regenerate') return 'asked again'
  if (kind === 'action') return action ? `action: ${action}` : 'acted upon'
  return { abandon: 'abandoned', accept: 'accepted', copy: 'copied', comment: 'commented' }[kind] ?? kind
}
