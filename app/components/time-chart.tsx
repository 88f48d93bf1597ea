import { lazy, Suspense, useEffect, useState } from 'react'
import type { Unit } from './format.ts'

export type ChartColour = '1' | '2' | '3' | '4' | '5' | '6' | 'bad' | 'good' | 'canary' | 'control' | 'deterministic'

export type ChartSeries = {
  key: string
  label: string
  colour: ChartColour
  kind?: 'line' | 'area' | 'bar'
  /** Series of one stack lie on top of each other. */
  stack?: string
  dashed?: boolean
}

/** `at` is the bucket's start in epoch milliseconds; null is a gap. */
export type ChartPoint = { at: number } & { [series: string]: number | null }

/** A moment, or a stretch up to `to`, that is marked on the chart. */
export type ChartMark = { at: number; to?: number; label: string; colour: ChartColour }

export type TimeChartProps = {
  /** Its accessible name: `Traces by status over time`. */
  label: string
  points: ChartPoint[]
  series: ChartSeries[]
  unit: Unit
  bucketSeconds: number
  /** Pixels. */
  height?: number
  /** A window drawn with the mouse, or one bucket that was clicked. */
  onRange?: (from: Date, to: Date) => void
  /** What an empty chart says. */
  empty?: string
  marks?: ChartMark[]
  /** Without the legend above. */
  bare?: boolean
}

const Chart = lazy(() => import('./chart.tsx').then(({ Chart }) => ({ default: Chart })))

/** Values over time. The chart library arrives after the page, into a box of the final height. */
export function TimeChart({ height = 180, ...props }: TimeChartProps) {
  const [mounted, setMounted] = useState(false)
  useEffect(() => setMounted(true), [])
  const box = <div style={{ height }} />
  const nothing = props.points.every(point => props.series.every(({ key }) => !point[key]))
  if (nothing) {
    return (
      <div className="grid place-items-center text-muted text-sm" style={{ height }}>
        {props.empty ?? 'Nothing in this window.'}
      </div>
    )
  }
  return (
    <figure aria-label={props.label} className="min-w-0">
      {!props.bare && <Legend series={props.series} />}
      {mounted ? (
        <Suspense fallback={box}>
          <Chart height={height} {...props} />
        </Suspense>
      ) : (
        box
      )}
    </figure>
  )
}

export const chartColour = (colour: ChartColour) => (/\d/.test(colour) ? `var(--chart-${colour})` : `var(--${colour})`)

function Legend({ series }: { series: ChartSeries[] }) {
  return (
    <ul className="mb-1 flex flex-wrap gap-x-3 text-muted text-sm">
      {series.map(({ key, label, colour, dashed }) => (
        <li key={key} className="flex items-center gap-1.5">
          <svg width="10" height="10" aria-hidden="true">
            <line
              x1="0"
              x2="10"
              y1="5"
              y2="5"
              stroke={chartColour(colour)}
              strokeWidth={dashed ? 2 : 6}
              strokeDasharray={dashed ? '3 2' : undefined}
            />
          </svg>
          {label}
        </li>
      ))}
    </ul>
  )
}
