import { Link } from '@remix-run/react'
import { ArrowDownRight, ArrowRight, ArrowUpRight } from 'lucide-react'
import type { ReactNode } from 'react'
import { classes } from './classes.ts'
import type { Delta } from './format.ts'
import { Sparkline } from './sparkline.tsx'

export type MetricCardProps = {
  label: string
  /** Already formatted; "unknown" or "not enough data" where it is so. */
  value: string
  /** What stands behind the value: `12 of 148 traces`. */
  detail?: ReactNode
  /** From `delta()`; says "worse" or "better" in words. */
  delta?: Delta
  /** What the delta is measured against: `the 7 days before`. */
  against?: string
  /** null is a gap, not a zero. */
  series?: (number | null)[]
  /** Where the traces behind the number are. */
  to?: string
}

const arrows = { up: ArrowUpRight, down: ArrowDownRight, same: ArrowRight }
const colours = { worse: 'text-bad', better: 'text-good', same: 'text-muted', neither: 'text-muted' }

export function MetricCard({ label, value, detail, delta, against, series, to }: MetricCardProps) {
  const unknown = !/\d/.test(value)
  return (
    <article className="relative flex min-w-0 flex-col gap-1 rounded-md border border-line bg-surface p-3 has-[a:hover]:border-line-strong">
      <h3 className="text-muted text-sm">
        {to ? (
          <Link to={to} className="after:absolute after:inset-0 after:rounded-md">
            {label}
          </Link>
        ) : (
          label
        )}
      </h3>
      <p className={classes('font-semibold', unknown ? 'py-1 text-lg text-muted' : 'text-2xl tracking-tight')}>
        {value}
      </p>
      {delta && <DeltaWords delta={delta} against={against} />}
      {detail && <p className="text-muted text-sm">{detail}</p>}
      {series && series.length > 1 && <Sparkline values={series} className="mt-auto h-8 w-full pt-1" />}
    </article>
  )
}

/** `↗ +34 % worse than the 7 days before`. */
export function DeltaWords({ delta, against }: { delta: Delta; against?: string }) {
  const Arrow = arrows[delta.direction]
  const word = delta.verdict === 'worse' || delta.verdict === 'better' ? delta.verdict : ''
  return (
    <p className={classes('flex flex-wrap items-center gap-x-1 text-sm', colours[delta.verdict])}>
      <Arrow size={14} aria-hidden />
      <span className="whitespace-nowrap">{delta.verdict === 'same' ? 'unchanged' : `${delta.text} ${word}`}</span>
      {against && <span className="text-muted">{word ? `than ${against}` : `on ${against}`}</span>}
    </p>
  )
}
