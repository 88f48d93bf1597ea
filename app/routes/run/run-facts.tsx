import { Link } from '@remix-run/react'
import { type ReactNode, useEffect, useState } from 'react'
import { StatusBadge } from '../../components/badge.tsx'
import { duration, usd, whole } from '../../components/format.ts'
import { Id } from '../../components/id.tsx'
import { Panel } from '../../components/page.tsx'
import { RelativeTime } from '../../components/relative-time.tsx'
import type { LoadedRun } from './route.tsx'
import { hasEnded, type RunView } from './run-view.ts'

/** What else is known about the run. */
export function RunFacts({ projectId, run, view }: { projectId: string; run: LoadedRun; view: RunView }) {
  const to = `/p/${projectId}`
  const tokens = view.usage ?? { input_tokens: run.usage.inputTokens, output_tokens: run.usage.outputTokens }
  const spoke = Boolean(tokens.input_tokens || tokens.output_tokens)
  return (
    <Panel className="h-fit lg:sticky lg:top-15">
      <dl className="grid grid-cols-[auto_minmax(0,1fr)] items-center gap-x-4 gap-y-2 [&_dd]:text-right [&_dt]:text-muted">
        <Fact name="Run">
          <Id id={run.id} length={12} />
        </Fact>
        <Fact name="Trace">
          <Id id={run.traceId} to={`${to}/traces/${run.traceId}`} />
        </Fact>
        <Fact name="Started">
          <RelativeTime at={run.createdAt} />
        </Fact>
        <Fact name="Took">
          <Took run={run} view={view} />
        </Fact>
        <Fact name="Served by">{view.servedBy ? <StatusBadge status={view.servedBy} /> : '–'}</Fact>
        {Object.entries(run.arms).map(([flag, arm]) => (
          <Fact key={flag} name={flag}>
            <StatusBadge status={arm} />
          </Fact>
        ))}
        {run.userId && (
          <Fact name="User">
            <Link to={`${to}/traces?user=${encodeURIComponent(run.userId)}`} className="break-all hover:underline">
              {run.userId}
            </Link>
          </Fact>
        )}
        {run.sessionId && (
          <Fact name="Session">
            <Link
              to={`${to}/traces?session=${encodeURIComponent(run.sessionId)}`}
              className="break-all hover:underline"
            >
              {run.sessionId}
            </Link>
          </Fact>
        )}
        {spoke && (
          <Fact name="Tokens">
            {whole(tokens.input_tokens)} in, {whole(tokens.output_tokens)} out
          </Fact>
        )}
        {spoke && hasEnded(view.status) && <Fact name="Cost">{usd(run.costUsd)}</Fact>}
        {run.attempt > 1 && <Fact name="Attempts">{run.attempt}</Fact>}
      </dl>
    </Panel>
  )
}

function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <>
      <dt>{name}</dt>
      <dd className="min-w-0">{children}</dd>
    </>
  )
}

/** Time of work, without pauses for a human; it runs on while the run does. */
function Took({ run, view }: { run: LoadedRun; view: RunView }) {
  const [now, setNow] = useState<number>()
  const waiting = view.steps.findLast(step => step.kind === 'interrupt' && !step.answer)
  const pausedAt = waiting?.kind === 'interrupt' ? Date.parse(waiting.at) : undefined
  const running = !hasEnded(view.status) && pausedAt === undefined
  useEffect(() => {
    setNow(Date.now())
    if (!running) return
    const timer = setInterval(() => setNow(Date.now()), 500)
    return () => clearInterval(timer)
  }, [running])
  const from = (run.startedAt ?? run.createdAt).getTime()
  const to = run.endedAt?.getTime() ?? pausedAt ?? now
  if (to === undefined) return <>–</>
  return <>{duration(Math.max(0, to - from - run.pausedMs))}</>
}
