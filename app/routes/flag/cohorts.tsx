import { Link } from '@remix-run/react'
import { CircleCheck, CircleHelp, ShieldAlert } from 'lucide-react'
import type { ReactNode } from 'react'
import { Badge, StatusBadge } from '../../components/badge.tsx'
import { FigureTable } from '../../components/figure-table.tsx'
import { share, whole } from '../../components/format.ts'
import { Panel } from '../../components/page.tsx'
import type { ComparedView } from '../flag-comparison/read-comparison.server.ts'
import { tracesOf } from './guardrails.tsx'
import type { FlagView } from './read-flag.server.ts'

type Props = { view: FlagView; compared: ComparedView }

/** Who was compared, and whether the two cohorts may be. */
export function Cohorts({ view, compared }: Props) {
  const { arms, usersADay, planned } = compared
  const isMixed = arms.canary.deterministic + arms.control.deterministic > 0
  return (
    <div className="grid grid-cols-1 gap-4 xl:grid-cols-2">
      <Panel
        title="Cohorts"
        lead={`About ${whole(usersADay)} new users a day in both; planned for ${whole(planned)}.`}
        flush
      >
        <FigureTable label="Cohorts" heads={['Arm', 'Users', 'Traces', 'Without a model', 'Moved on']}>
          {(['canary', 'control'] as const).map(arm => (
            <tr key={arm}>
              <th scope="row">
                <StatusBadge status={arm} />
              </th>
              <td>{whole(arms[arm].users)}</td>
              <td>
                <Open to={tracesOf(view, compared, arm, { serving: [] })}>{whole(arms[arm].traces)}</Open>
              </td>
              <td>
                <Open to={tracesOf(view, compared, arm, { serving: ['deterministic'] })}>
                  {whole(arms[arm].deterministic)}
                </Open>
              </td>
              <td>{whole(arms[arm].crossed)}</td>
            </tr>
          ))}
        </FigureTable>
        <p className="px-4 py-2 text-muted text-sm">
          A user counts in the arm that served them first; those who moved on later count until then.
          {isMixed && ' What the deterministic path served is counted here and is no part of the guardrails.'}
        </p>
      </Panel>
      <Panel title="May they be compared?">
        <dl className="grid gap-3">
          <SplitHealth compared={compared} />
          <FeedbackParity compared={compared} />
        </dl>
      </Panel>
    </div>
  )
}

const Open = ({ to, children }: { to: string; children: ReactNode }) => (
  <Link to={to} className="underline decoration-line-strong underline-offset-2">
    {children}
  </Link>
)

function SplitHealth({ compared: { split } }: { compared: ComparedView }) {
  const { state, share: got, expected, p } = split
  const due =
    got === null
      ? 'Nobody has been dealt yet.'
      : `The canary got ${share(got)} of the users where ${share(expected)} were due`
  return (
    <Health
      name="Split"
      state={state === 'sound' ? 'good' : state === 'unsound' ? 'bad' : 'unknown'}
      word={{ sound: 'sound', unsound: 'not sound', unknown: 'too few to tell' }[state]}
    >
      {due}
      {got !== null && (p === null ? '.' : `, which chance does in ${share(p)} of cases.`)}
      {state === 'unsound' &&
        ' One arm loses users or counts them twice: look for traces that do not arrive, or for runs that fail before they begin.'}
    </Health>
  )
}

function FeedbackParity({ compared: { parity } }: { compared: ComparedView }) {
  const { state, canary, control } = parity
  const both = `${share(canary ?? 0)} of the canary's users gave any, and ${share(control ?? 0)} of the control's.`
  return (
    <Health
      name="Feedback"
      state={state === 'equal' ? 'good' : state === 'parted' ? 'bad' : 'unknown'}
      word={{ equal: 'given alike', parted: 'given unlike', unknown: 'none yet' }[state]}
    >
      {state === 'unknown'
        ? 'Nobody has said anything, so negative feedback cannot be compared, and a ramp waits for it. See “Data in” for how to send it.'
        : both}
      {state === 'parted' && ' Those who answer are other people in each arm: is the feedback widget on in both?'}
    </Health>
  )
}

const marks = {
  good: { tone: 'good', icon: CircleCheck },
  bad: { tone: 'bad', icon: ShieldAlert },
  unknown: { tone: 'neutral', icon: CircleHelp },
} as const

function Health({
  name,
  state,
  word,
  children,
}: {
  name: string
  state: keyof typeof marks
  word: string
  children: ReactNode
}) {
  return (
    <div className="grid gap-0.5">
      <dt className="flex items-center gap-2 font-medium">
        {name} <Badge {...marks[state]}>{word}</Badge>
      </dt>
      <dd className="text-muted">{children}</dd>
    </div>
  )
}
