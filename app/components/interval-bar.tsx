import { signed } from '../../db/domain/incident.ts'

type Interval = { relative: number; low: number; high: number; threshold: number; worse: 'up' | 'down' }

const [width, height] = [320, 44]

/** A relative change with its interval, drawn against no change and against the threshold; said in words beside it. */
export function IntervalBar({ relative, low, high, threshold, worse }: Interval) {
  const limit = worse === 'up' ? threshold : 1 / (1 + threshold) - 1
  const side = worse === 'up' ? 1 : -1
  const values = [low, high, relative, 0, limit]
  const [from, to] = [Math.min(...values), Math.max(...values)]
  const pad = (to - from) * 0.08 || 0.1
  const x = (value: number) => ((value - from + pad) / (to - from + 2 * pad)) * width
  return (
    <figure className="min-w-0">
      <svg
        viewBox={`0 0 ${width} ${height}`}
        className="h-11 w-full max-w-xs"
        role="img"
        aria-label={`${signed(relative)}, between ${signed(low)} and ${signed(high)}; the threshold is ${signed(limit)}`}
      >
        <line x1={x(0)} x2={x(0)} y1="4" y2={height - 14} stroke="var(--line-strong)" />
        <line x1={x(limit)} x2={x(limit)} y1="4" y2={height - 14} stroke="var(--bad)" strokeDasharray="3 3" />
        <line x1={x(low)} x2={x(high)} y1="16" y2="16" stroke="var(--ink)" strokeWidth="2" />
        {[low, high].map(end => (
          <line key={end} x1={x(end)} x2={x(end)} y1="11" y2="21" stroke="var(--ink)" strokeWidth="2" />
        ))}
        <circle cx={x(relative)} cy="16" r="4" fill="var(--bad)" />
        <text
          x={x(0) - 3 * side}
          y={height - 2}
          fontSize="11"
          textAnchor={side > 0 ? 'end' : 'start'}
          fill="var(--muted)"
        >
          0
        </text>
        <text x={x(limit)} y={height - 2} fontSize="11" textAnchor={side > 0 ? 'start' : 'end'} fill="var(--muted)">
          {signed(limit)}
        </text>
      </svg>
      <figcaption className="text-muted text-sm">
        {signed(relative)}, 99 % interval {signed(low)} to {signed(high)}
      </figcaption>
    </figure>
  )
}
