import { ArrowDownRight, ArrowRight, ArrowUpRight, CircleHelp } from 'lucide-react'
import type { WindowChange } from '../../db/domain/window-change.ts'
import { classes } from './classes.ts'
import { share } from './format.ts'

const colours: Record<WindowChange['verdict'], string> = {
  worse: 'text-bad',
  better: 'text-good',
  changed: 'text-ink',
  unclear: 'text-muted',
  unknown: 'text-muted',
}
const words: Record<WindowChange['verdict'], string> = {
  worse: 'worse',
  better: 'better',
  changed: 'changed',
  unclear: 'no clear change',
  unknown: 'unknown',
}
const whyUnknown = {
  few_users: 'too few users to tell',
  few_events: 'too few events to tell',
  outweighed: 'a few users outweigh all others',
  no_value: 'nothing to compare with',
}

/** `+12.0 %`, with a sign that lines up. */
export const signed = (value: number): string => `${value < 0 ? '−' : '+'}${share(Math.abs(value))}`

/** `↗ +12.0 % worse`, or why nothing can be said: an arrow and a word, never colour alone. */
export function ChangeWords({ change, className }: { change: WindowChange; className?: string }) {
  const { verdict, relative } = change
  const Arrow = verdict === 'unknown' ? CircleHelp : verdict === 'unclear' ? ArrowRight : arrowOf(relative ?? 0)
  const word = verdict === 'unknown' ? whyUnknown[change.reason ?? 'no_value'] : words[verdict]
  return (
    <span className={classes('inline-flex items-center gap-1 align-middle text-sm', colours[verdict], className)}>
      <Arrow size={14} aria-hidden className="shrink-0" />
      <span>
        {verdict !== 'unknown' && relative !== null && `${signed(relative)} `}
        {word}
      </span>
    </span>
  )
}

const arrowOf = (relative: number) => (relative > 0 ? ArrowUpRight : ArrowDownRight)

/** `+3.0 % to +22.0 %`; undefined where there is no interval. */
export const intervalWords = ({ low, high }: WindowChange): string | undefined =>
  low === null || high === null ? undefined : `${signed(low)} to ${signed(high)}`

/**
 * The interval of a relative change, drawn about no change. `reach` is the change at either edge; what goes beyond it is
 * cut with an arrow. Intervals that are to be compared are given the same reach.
 */
export function ChangeInterval({
  change,
  reach,
  className,
}: {
  change: WindowChange
  reach: number
  className?: string
}) {
  const { low, high, relative, verdict } = change
  if (low === null || high === null) {
    return (
      <span className={classes('relative block h-3.5 min-w-16', className)}>
        <Zero />
      </span>
    )
  }
  const x = (value: number) => 50 + 50 * Math.max(-1, Math.min(1, value / reach))
  return (
    <span
      role="img"
      aria-label={`99 % interval ${intervalWords(change)}`}
      title={`99 % interval of the change: ${intervalWords(change)}`}
      className={classes('relative block h-3.5 min-w-16', colours[verdict], className)}
    >
      <Zero />
      <span
        className="absolute top-1 h-1.5 min-w-0.5 bg-current opacity-35"
        style={{ left: `${x(low)}%`, width: `${x(high) - x(low)}%` }}
      />
      {low < -reach && <Beyond side="left" />}
      {high > reach && <Beyond side="right" />}
      {relative !== null && Math.abs(relative) <= reach && (
        <span
          className="absolute top-0.5 h-2.5 w-0.75 -translate-x-1/2 rounded-sm bg-current"
          style={{ left: `${x(relative)}%` }}
        />
      )}
    </span>
  )
}

const Zero = () => <span aria-hidden className="absolute inset-y-0 left-1/2 w-px bg-line-strong" />

const Beyond = ({ side }: { side: 'left' | 'right' }) => (
  <svg
    viewBox="0 0 6 8"
    aria-hidden="true"
    className={classes('absolute top-0.75 h-2 w-1.5', side === 'left' ? '-left-0.5 rotate-180' : '-right-0.5')}
  >
    <path d="M0 0 L6 4 L0 8 Z" fill="currentColor" />
  </svg>
)

/** A reach that shows these intervals: the next round change beyond the widest of them, at most a doubling. */
export function reachOf(changes: readonly WindowChange[]): number {
  const widest = Math.max(0, ...changes.flatMap(({ low, high }) => [Math.abs(low ?? 0), Math.abs(high ?? 0)]))
  return [0.05, 0.1, 0.2, 0.3, 0.5, 0.75].find(step => widest <= step) ?? 1
}
