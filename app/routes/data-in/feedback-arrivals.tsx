import { CircleCheck, Hourglass } from 'lucide-react'
import type { ReactNode } from 'react'
import type { Arrival } from '../../../db/arrivals.ts'
import type { SignalArrivals } from '../../../db/signal-arrivals.ts'
import { Badge } from '../../components/badge.tsx'
import { whole } from '../../components/format.ts'
import { Id } from '../../components/id.tsx'
import { Panel } from '../../components/page.tsx'

type Props = { projectId: string; feedback: SignalArrivals; arrivals: Arrival[] }

/** Whether feedback finds its traces: what waits for one, comes twice or is corrected is counted, never dropped silently. */
export function FeedbackArrivals({ projectId, feedback, arrivals }: Props) {
  const { signals, waiting, lost, early, late } = feedback
  const sum = (outcome: Arrival['outcome']) =>
    arrivals
      .filter(arrival => arrival.item === 'signals' && arrival.outcome === outcome)
      .reduce((total, { count }) => total + count, 0)
  const [repeated, corrected] = [sum('duplicate'), sum('corrected')]
  if (signals + repeated + corrected === 0) return null
  const found = signals - waiting - lost
  return (
    <Panel
      title="Feedback"
      lead="Signals received in this window, and whether they found their trace."
      actions={<Verdict unmatched={waiting + lost} lost={lost} />}
      flush
    >
      <table className="w-full text-sm">
        <thead className="sr-only">
          <tr>
            <th scope="col">What became of them</th>
            <th scope="col">Signals</th>
            <th scope="col">What that means</th>
          </tr>
        </thead>
        <tbody>
          <Line name="Matched" count={found}>
            Tied to their trace.
          </Line>
          <Line name="of them early" count={early} part>
            Came before their trace had ended.
          </Line>
          <Line name="of them late" count={late} part>
            Given a day or more after their trace began.
          </Line>
          <Line name="Waiting" count={waiting}>
            Their trace is not here yet. They are tied to it when it comes.
            <Example projectId={projectId} traceId={feedback.waitingExample} />
          </Line>
          <Line name="Unmatched" count={lost} tone={lost > 0 ? 'text-warn' : undefined}>
            Waited for an hour or more. They are kept, but their trace was not sent, or was sent to another project.
            <Example projectId={projectId} traceId={feedback.lostExample} />
          </Line>
          <Line name="Repeated" count={repeated}>
            Sent again with the same id and words. Counted once.
          </Line>
          <Line name="Corrected" count={corrected}>
            Took the place of what the same id had said before.
          </Line>
        </tbody>
      </table>
    </Panel>
  )
}

function Verdict({ unmatched, lost }: { unmatched: number; lost: number }) {
  if (unmatched === 0)
    return (
      <Badge tone="good" icon={CircleCheck}>
        all matched
      </Badge>
    )
  return (
    <Badge tone={lost > 0 ? 'warn' : 'neutral'} icon={Hourglass}>
      {`${whole(unmatched)} without a trace`}
    </Badge>
  )
}

type LineProps = { name: string; count: number; part?: boolean; tone?: string; children: ReactNode }

const Line = ({ name, count, part = false, tone, children }: LineProps) => (
  <tr className="border-line/60 border-t align-baseline">
    <th
      scope="row"
      className={`w-36 py-1.5 pr-2 text-left ${part ? 'pl-8 font-normal text-muted' : 'pl-4 font-medium'}`}
    >
      {name}
    </th>
    <td className={`w-16 whitespace-nowrap px-2 py-1.5 text-right tabular-nums ${tone ?? ''}`}>{whole(count)}</td>
    <td className="px-2 py-1.5 pr-4 text-muted sm:pl-6">{children}</td>
  </tr>
)

function Example({ projectId, traceId }: { projectId: string; traceId: string }) {
  if (!traceId) return null
  return (
    <span className="whitespace-nowrap">
      {' '}
      One is <Id id={traceId} to={`/p/${projectId}/traces/${traceId}`} length={12} />
    </span>
  )
}
