import { Link } from '@remix-run/react'
import { ArrowDown, ArrowUp, Download, ThumbsDown, ThumbsUp } from 'lucide-react'
import type { ReactNode } from 'react'
import type { StoredSignal } from '../../../db/signals.ts'
import { StatusBadge } from '../../components/badge.tsx'
import { ButtonLink, buttonClass } from '../../components/button.tsx'
import { duration, whole } from '../../components/format.ts'
import { Id } from '../../components/id.tsx'
import { RelativeTime } from '../../components/relative-time.tsx'
import { Tooltip } from '../../components/tooltip.tsx'
import { Arm, Cost, Tokens } from '../traces/columns.tsx'
import { signalWords } from './said.tsx'
import type { TraceData } from './trace.server.ts'

/** What the trace was, how it ended, what it took, and where to go from here. */
export function TraceHeader({ projectId, trace, spans, signals, turns }: TraceData) {
  const traces = `/p/${projectId}/traces`
  const filtered = (key: string, value: string) => `${traces}?range=30d&${key}=${encodeURIComponent(value)}`
  return (
    <header className="grid grid-cols-1 gap-1.5 px-4 py-2.5">
      <div className="flex flex-wrap items-center gap-x-3 gap-y-1.5">
        <h1 className="min-w-0 truncate font-semibold text-xl">
          {trace.workflow || trace.name || 'Trace'}
          {trace.workflowVersion && <span className="font-normal text-muted"> v{trace.workflowVersion}</span>}
        </h1>
        <StatusBadge status={trace.status} title={statusWords[trace.status]} />
        {(trace.serving === 'deterministic' || trace.variants.length > 0) && <Arm {...trace} />}
        <Marks signals={signals} />
        <dl className="flex flex-wrap items-baseline gap-x-4 gap-y-1 sm:ml-auto">
          <Fact
            label="duration"
            tip={
              trace.pausedMs > 0
                ? `Of that ${duration(trace.pausedMs)} waiting for a human`
                : "From the root's start to its end"
            }
          >
            {trace.status === 'running' ? `${duration(trace.durationMs)} so far` : duration(trace.durationMs)}
          </Fact>
          <Fact label="tokens" tip={`${whole(trace.inputTokens)} in, ${whole(trace.outputTokens)} out`}>
            <Tokens trace={trace} show={whole} />
          </Fact>
          <Fact label="cost" tip="Sum over model calls with a known price">
            <Cost {...trace} />
          </Fact>
        </dl>
      </div>
      <div className="flex flex-wrap items-center gap-x-4 gap-y-1 wrap-anywhere text-muted text-sm">
        <RelativeTime at={trace.startedMs} />
        <span className="inline-flex items-center gap-1">
          trace <Id id={trace.traceId} />
        </span>
        {trace.userId && (
          <span>
            user <TextLink to={filtered('user', trace.userId)}>{trace.userId}</TextLink>
          </span>
        )}
        {trace.sessionId && (
          <Session to={filtered('session', trace.sessionId)} trace={trace} turns={turns} base={traces} />
        )}
        {trace.environment && <span>{trace.environment}</span>}
        {trace.release && <span>release {trace.release}</span>}
        <span className="ml-auto flex flex-wrap gap-2">
          {trace.runId && (
            <ButtonLink size="sm" to={`/p/${projectId}/runs/${trace.runId}`}>
              Open the run
            </ButtonLink>
          )}
          <a href={`${traces}/${trace.traceId}/export`} download className={buttonClass({ size: 'sm' })}>
            <Download size={14} aria-hidden />
            JSON
          </a>
        </span>
      </div>
      <Unfinished trace={trace} ended={spans.some(({ parentSpanId }) => parentSpanId === '')} />
    </header>
  )
}

const statusWords: Record<string, string> = {
  running: 'Its root has not come yet',
  incomplete: 'Its root never came',
  interrupted: 'It stopped to wait for a human, or was cut short',
}

function Fact({ label, tip, children }: { label: string; tip: string; children: ReactNode }) {
  return (
    <Tooltip text={tip}>
      <div className="flex items-baseline gap-1.5" tabIndex={-1}>
        <dd className="order-1 font-semibold text-lg">{children}</dd>
        <dt className="order-2 text-muted text-sm">{label}</dt>
      </div>
    </Tooltip>
  )
}

const TextLink = ({ to, children }: { to: string; children: ReactNode }) => (
  <Link to={to} className="text-ink underline decoration-line-strong underline-offset-2 hover:decoration-current">
    {children}
  </Link>
)

/** Thumbs with the words that came with them. */
function Marks({ signals }: { signals: StoredSignal[] }) {
  const judged = signals.filter(signal => signal.polarity !== 0 || signal.comment !== '')
  return judged.slice(-3).map(signal => {
    const { id, polarity, comment, kind } = signal
    return (
      <span
        key={id}
        className="inline-flex min-w-0 max-w-96 items-center gap-1.5"
        title={comment || signalWords(signal)}
      >
        {polarity < 0 && <ThumbsDown size={14} role="img" aria-label="negative" className="shrink-0 text-bad" />}
        {polarity > 0 && <ThumbsUp size={14} role="img" aria-label="positive" className="shrink-0 text-good" />}
        <span className="truncate">{comment ? `“${comment}”` : kind === 'thumbs' ? '' : signalWords(signal)}</span>
      </span>
    )
  })
}

/** Where in its session the trace stands, and the way to its neighbours. */
function Session({
  to,
  base,
  trace,
  turns,
}: {
  to: string
  base: string
  trace: TraceData['trace']
  turns: TraceData['turns']
}) {
  const at = turns.findIndex(({ traceId }) => traceId === trace.traceId)
  const [before, after] = [turns[at - 1], at >= 0 ? turns[at + 1] : undefined]
  return (
    <span className="inline-flex items-center gap-1">
      session{' '}
      <TextLink to={to}>{trace.sessionId.length > 24 ? `${trace.sessionId.slice(0, 24)}…` : trace.sessionId}</TextLink>
      {turns.length > 1 && at >= 0 && (
        <>
          <span>
            {at + 1} of {turns.length}
          </span>
          <Neighbour to={before && `${base}/${before.traceId}`} label="Earlier in this session" icon={ArrowUp} />
          <Neighbour to={after && `${base}/${after.traceId}`} label="Later in this session" icon={ArrowDown} />
        </>
      )}
    </span>
  )
}

function Neighbour({ to, label, icon: Icon }: { to?: string; label: string; icon: typeof ArrowUp }) {
  if (!to) return null
  return (
    <Tooltip text={label}>
      <Link
        to={to}
        aria-label={label}
        className="grid size-6 place-items-center rounded-sm hover:bg-hover hover:text-ink"
      >
        <Icon size={13} aria-hidden />
      </Link>
    </Tooltip>
  )
}

function Unfinished({ trace, ended }: { trace: TraceData['trace']; ended: boolean }) {
  if (trace.status === 'running') {
    return (
      <p role="status" className="flex items-center gap-2 text-accent-strong text-sm">
        <span className="pulse-dot size-2 rounded-full bg-accent" aria-hidden />
        Still running: the root span comes when it ends. This page keeps itself fresh.
      </p>
    )
  }
  if (trace.status === 'interrupted' && !ended) {
    return (
      <p role="status" className="text-sm text-warn">
        It stopped to wait for a human <RelativeTime at={trace.lastEndMs} />. Its root comes when it goes on and ends.
      </p>
    )
  }
  if (trace.status !== 'incomplete') return null
  return (
    <p role="status" className="text-sm text-warn">
      The root span never came; the last span ended <RelativeTime at={trace.lastEndMs} />. What did arrive is below.
    </p>
  )
}
