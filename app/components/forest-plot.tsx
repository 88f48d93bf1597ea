import { Link } from '@remix-run/react'
import { Check, CircleAlert, CircleHelp, Clock, type LucideIcon, ShieldQuestion } from 'lucide-react'
import type { ReactNode } from 'react'
import { type GuardrailMark, guardrailWords } from '../../db/domain/guardrail-words.ts'
import type { NamedGuardrail } from '../../db/domain/guardrails.ts'
import type { GuardrailReading } from '../../db/domain/stats/guardrail-reading.ts'
import { signed } from './change-interval.tsx'
import { classes } from './classes.ts'
import { count, quantity, whole } from './format.ts'
import { Tooltip } from './tooltip.tsx'

export type ForestRow = {
  guardrail: NamedGuardrail
  reading: GuardrailReading
  /** What is compared is not comparable: the reading says nothing. */
  untrusted?: boolean
  /** Where the traces behind the values are. */
  to?: { canary: string; control: string }
}

const marks: Record<GuardrailMark, { icon: LucideIcon; colour: string }> = {
  safe: { icon: Check, colour: 'text-good' },
  harmed: { icon: CircleAlert, colour: 'text-bad' },
  unsure: { icon: Clock, colour: 'text-muted' },
  no_data: { icon: CircleHelp, colour: 'text-muted' },
  untrusted: { icon: ShieldQuestion, colour: 'text-warn' },
}

/**
 * A row a guardrail: both arms' values, how much worse the canary is with its interval against the line of what is
 * tolerated, and the verdict. To the right is worse for every guardrail, and all rows share one scale.
 */
export function ForestPlot({ rows, label = 'Guardrails' }: { rows: ForestRow[]; label?: string }) {
  const reach = reachOf(rows)
  return (
    <ul aria-label={label} className="divide-y divide-line">
      <li aria-hidden="true" className={classes(columns, 'py-1.5 text-muted text-sm max-md:hidden')}>
        <span>guardrail</span>
        <span className="text-right">control → canary</span>
        <span className="flex justify-between">
          <span>better −{Math.round(reach * 100)} %</span>
          <span>worse +{Math.round(reach * 100)} %</span>
        </span>
        <span>verdict</span>
      </li>
      {rows.map(row => (
        <Row key={row.guardrail.id} row={row} reach={reach} />
      ))}
    </ul>
  )
}

const columns =
  'grid items-center gap-x-4 gap-y-1 px-4 md:grid-cols-[minmax(8rem,1fr)_minmax(10rem,auto)_minmax(12rem,2fr)_minmax(11rem,1fr)]'

function Row({ row, reach }: { row: ForestRow; reach: number }) {
  const { guardrail, reading, untrusted, to } = row
  const { mark, words } = guardrailWords(reading, untrusted)
  const { icon: Icon, colour } = marks[mark]
  return (
    <li className={classes(columns, 'grid-cols-[1fr_auto] py-2')}>
      <span className="font-medium">{guardrail.label}</span>
      <span className="text-right">
        <Value to={to?.control} name="control" className="text-control">
          {shown(reading.control.value, guardrail)}
        </Value>
        <span className="text-muted"> → </span>
        <Value to={to?.canary} name="canary" className="font-medium text-canary">
          {shown(reading.canary.value, guardrail)}
        </Value>
      </span>
      <Plot row={row} reach={reach} colour={untrusted ? 'text-muted' : colour} />
      <span className={classes('flex items-center gap-1.5 max-md:col-span-2', colour)}>
        <Icon size={14} aria-hidden className="shrink-0" />
        <span>
          {words}
          <span className="block text-muted text-sm">{intervalOf(reading) ?? 'no interval yet'}</span>
        </span>
      </span>
    </li>
  )
}

const shown = (value: number | null, { unit }: NamedGuardrail) => (value === null ? 'no data' : quantity(value, unit))

function Value({
  to,
  name,
  className,
  children,
}: {
  to?: string
  name: string
  className: string
  children: ReactNode
}) {
  const title = `${name}: ${children}`
  if (!to) {
    return (
      <span className={className} title={title}>
        {children}
      </span>
    )
  }
  return (
    <Link to={to} title={title} className={classes(className, 'underline decoration-line-strong underline-offset-2')}>
      {children}
    </Link>
  )
}

/** The interval, the line of no harm, and the dashed line of what is tolerated; more in words on hover and focus. */
function Plot({ row, reach, colour }: { row: ForestRow; reach: number; colour: string }) {
  const { guardrail, reading } = row
  const { estimate, low, high } = reading.harm ?? { estimate: null, low: null, high: null }
  const x = (value: number | null, open: number) =>
    value === null ? open : 50 + 50 * Math.max(-1, Math.min(1, value / reach))
  const [left, right] = [x(low, 0), x(high, 100)]
  return (
    <Tooltip text={<Details row={row} />}>
      <button
        type="button"
        aria-label={`${guardrail.label}: ${intervalOf(reading) ?? 'no interval yet'}, tolerated ${signed(guardrail.tolerance)}`}
        className={classes('relative block h-7 w-full cursor-help max-md:col-span-2', colour)}
      >
        <span aria-hidden className="absolute inset-y-0 left-1/2 w-px bg-line-strong" />
        <span
          aria-hidden
          className="absolute inset-y-0 w-px border-ink/60 border-l border-dashed"
          style={{ left: `${x(guardrail.tolerance, 100)}%` }}
        />
        {reading.harm && (
          <>
            <span
              aria-hidden
              className="absolute top-3 h-1 min-w-0.5 bg-current opacity-60"
              style={{ left: `${left}%`, width: `${right - left}%` }}
            />
            {left > 0 && <End at={left} />}
            {right < 100 && <End at={right} />}
            {estimate !== null && Math.abs(estimate) <= reach && (
              <span
                aria-hidden
                className="absolute top-2 size-3 -translate-x-1/2 rotate-45 rounded-[2px] bg-current"
                style={{ left: `${x(estimate, 50)}%` }}
              />
            )}
          </>
        )}
      </button>
    </Tooltip>
  )
}

const End = ({ at }: { at: number }) => (
  <span aria-hidden className="absolute top-2 h-3 w-0.5 -translate-x-1/2 bg-current" style={{ left: `${at}%` }} />
)

function Details({ row: { guardrail, reading } }: { row: ForestRow }) {
  const { evidence, canary, control, harm } = reading
  return (
    <span className="grid gap-0.5">
      <span>
        {whole(control.users)} and {whole(canary.users)} users
        {control.events !== null &&
          canary.events !== null &&
          `, ${whole(control.events)} and ${whole(canary.events)} with the event`}
      </span>
      <span>tolerated {signed(guardrail.tolerance)}</span>
      {harm && <span>{harm.by === 'exact' ? 'exact bounds' : 'confidence sequence'}, valid at every look</span>}
      {evidence && (
        <span>
          e-value {count(evidence.e)}, {count(evidence.needed)} proves harm
        </span>
      )}
    </span>
  )
}

/** `−3.0 % to +9.0 %`, more being worse; an open side says so. */
function intervalOf({ harm }: GuardrailReading): string | undefined {
  if (!harm || (harm.low === null && harm.high === null)) return undefined
  if (harm.low === null) return `at most ${signed(harm.high!)} worse`
  if (harm.high === null) return `at least ${signed(harm.low)} worse`
  return `${signed(harm.low)} to ${signed(harm.high)}`
}

/** The harm at either edge: a round one that shows every tolerance and, up to a doubling, every bound. */
function reachOf(rows: ForestRow[]): number {
  const bounds = rows.flatMap(({ guardrail, reading }) => [
    guardrail.tolerance * 1.3,
    Math.abs(reading.harm?.low ?? 0),
    Math.abs(reading.harm?.high ?? 0),
  ])
  const widest = Math.max(0.1, ...bounds)
  return [0.1, 0.2, 0.3, 0.5, 0.75].find(step => widest <= step) ?? 1
}
