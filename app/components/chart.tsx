import { useState } from 'react'
import {
  Area,
  Bar,
  CartesianGrid,
  ComposedChart,
  Line,
  ReferenceArea,
  ReferenceLine,
  ResponsiveContainer,
  Tooltip,
  type TooltipContentProps,
  XAxis,
  YAxis,
} from 'recharts'
import { axisTick, exact } from '../../db/domain/moment.ts'
import { quantity } from './format.ts'
import { type ChartMark, type ChartPoint, type ChartSeries, chartColour, type TimeChartProps } from './time-chart.tsx'

const axis = { tick: { fill: 'var(--muted)', fontSize: 11 }, tickLine: false, axisLine: false } as const

/** The one place of the chart library: one palette, one axis style, one tooltip. Used through TimeChart. */
export function Chart({ points, series, unit, bucketSeconds, height = 180, onRange, label, marks }: TimeChartProps) {
  const [drag, setDrag] = useState<{ from: number; to: number }>()
  const at = (state: { activeLabel?: string | number }) =>
    state.activeLabel === undefined ? undefined : Number(state.activeLabel)
  const finish = () => {
    if (!drag) return
    const [from, to] = [Math.min(drag.from, drag.to), Math.max(drag.from, drag.to)]
    setDrag(undefined)
    onRange?.(new Date(from), new Date(to + bucketSeconds * 1000))
  }
  const drawing = onRange && {
    onMouseDown: (state: { activeLabel?: string | number }) => {
      const from = at(state)
      if (from !== undefined) setDrag({ from, to: from })
    },
    onMouseMove: (state: { activeLabel?: string | number }) => {
      const to = at(state)
      if (drag && to !== undefined) setDrag({ ...drag, to })
    },
    onMouseUp: finish,
  }
  return (
    <ResponsiveContainer width="100%" height={height}>
      <ComposedChart
        data={points}
        margin={{ top: 6, right: 4, bottom: 0, left: 0 }}
        barCategoryGap={1}
        title={label}
        style={onRange ? { cursor: 'crosshair', userSelect: 'none' } : undefined}
        {...drawing}
      >
        <CartesianGrid stroke="var(--line)" vertical={false} />
        <XAxis
          {...axis}
          dataKey="at"
          tickFormatter={value => axisTick(Number(value), bucketSeconds, points.length)}
          minTickGap={40}
          height={20}
        />
        <YAxis
          {...axis}
          width={60}
          allowDecimals={unit !== 'count'}
          tickFormatter={value => quantity(Number(value), unit)}
          tickCount={4}
          {...(unit === 'share' && highest(points, series) > 0.75 && wholeShare)}
        />
        <Tooltip
          isAnimationActive={false}
          cursor={{ stroke: 'var(--line-strong)', fill: 'var(--hover)' }}
          content={props => <Hover {...props} series={series} format={value => quantity(value, unit)} />}
        />
        {marks?.map(mark => drawMark(mark, points))}
        {series.map(one => draw(one, points))}
        {drag && drag.from !== drag.to && (
          <ReferenceArea x1={drag.from} x2={drag.to} fill="var(--accent)" fillOpacity={0.2} />
        )}
      </ComposedChart>
    </ResponsiveContainer>
  )
}

/** Nothing is above 100 %, which an axis of even steps would go beyond. */
const wholeShare = { domain: [0, 1] as const, ticks: [0, 0.25, 0.5, 0.75, 1] }

const highest = (points: ChartPoint[], series: ChartSeries[]) =>
  points.reduce((most, point) => Math.max(most, ...series.map(({ key }) => Number(point[key] ?? 0))), 0)

function draw({ key, label, colour, kind = 'line', stack, dashed }: ChartSeries, points: ChartPoint[]) {
  const paint = chartColour(colour)
  const common = { dataKey: key, name: label, isAnimationActive: false } as const
  if (kind === 'bar') return <Bar key={key} {...common} stackId={stack} fill={paint} />
  const stroke = { stroke: paint, strokeWidth: 1.5, strokeDasharray: dashed ? '4 3' : undefined }
  if (kind === 'area') return <Area key={key} {...common} {...stroke} stackId={stack} fill={paint} fillOpacity={0.18} />
  const isKnown = (at: number) => typeof points[at]?.[key] === 'number'
  // A value between two gaps has no line to be part of.
  const lone = ({ cx, cy, index }: { cx?: number; cy?: number; index?: number }) => {
    const at = index ?? -1
    const alone = isKnown(at) && !isKnown(at - 1) && !isKnown(at + 1)
    return <circle key={at} cx={cx} cy={cy} r={alone ? 2 : 0} fill={paint} />
  }
  return <Line key={key} {...common} {...stroke} dot={lone} connectNulls={false} activeDot={{ r: 3 }} />
}

/** The axis knows the points' own moments only: a mark stands at the nearest one. */
function drawMark({ at, to, label, colour }: ChartMark, points: ChartPoint[]) {
  const nearest = (moment: number) =>
    points.reduce(
      (best, point) => (Math.abs(point.at - moment) < Math.abs(best - moment) ? point.at : best),
      points[0]?.at ?? 0,
    )
  const paint = chartColour(colour)
  const text = { value: label, position: 'insideTopLeft' as const, fill: 'var(--muted)', fontSize: 11 }
  const key = `${at} ${label}`
  if (to === undefined)
    return <ReferenceLine key={key} x={nearest(at)} stroke={paint} strokeDasharray="2 3" label={text} />
  return (
    <ReferenceArea
      key={key}
      x1={nearest(at)}
      x2={nearest(to)}
      fill={paint}
      fillOpacity={0.14}
      stroke={paint}
      strokeOpacity={0.4}
    />
  )
}

type HoverProps = TooltipContentProps & { series: ChartSeries[]; format: (value: number) => string }

function Hover({ active, payload, label, series, format }: HoverProps) {
  if (!active || payload.length === 0) return null
  const values = new Map(payload.map(entry => [String(entry.dataKey), entry.value]))
  return (
    <div className="rounded-md border border-line-strong bg-raised px-2.5 py-1.5 text-sm">
      <p className="text-muted">{exact(Number(label))}</p>
      {series.map(({ key, label, colour }) => {
        const value = values.get(key)
        return (
          <p key={key} className="flex items-center gap-1.5">
            <svg width="8" height="8" aria-hidden="true">
              <rect width="8" height="8" rx="2" fill={chartColour(colour)} />
            </svg>
            <span className="flex-1">{label}</span>
            <span className="pl-4 font-medium">
              {value === null || value === undefined ? 'none' : format(Number(value))}
            </span>
          </p>
        )
      })}
    </div>
  )
}
