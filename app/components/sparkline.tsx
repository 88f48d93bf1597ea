import { classes } from './classes.ts'

/** A word-sized line, drawn by hand so that cards need no chart library. null leaves a gap. */
export function Sparkline({ values, className }: { values: (number | null)[]; className?: string }) {
  const known = values.filter((value): value is number => value !== null)
  if (known.length === 0) return null
  const low = Math.min(...known)
  const high = Math.max(...known)
  const x = (at: number) => (values.length === 1 ? 50 : (at / (values.length - 1)) * 100)
  const y = (value: number) => (high === low ? 50 : 92 - ((value - low) / (high - low)) * 84)
  const lines = segments(values).map(points => points.map(({ at, value }) => `${x(at)},${y(value)}`))
  return (
    <svg
      viewBox="0 0 100 100"
      preserveAspectRatio="none"
      aria-hidden="true"
      className={classes('overflow-visible text-accent', className)}
    >
      {lines.map(points => (
        <polyline
          key={points[0]}
          points={points.length === 1 ? `${points[0]} ${points[0]}` : points.join(' ')}
          fill="none"
          stroke="currentColor"
          strokeWidth={1.5}
          strokeLinecap="round"
          strokeLinejoin="round"
          vectorEffect="non-scaling-stroke"
        />
      ))}
    </svg>
  )
}

function segments(values: (number | null)[]) {
  const found: { at: number; value: number }[][] = []
  values.forEach((value, at) => {
    if (value === null) return
    if (at === 0 || values[at - 1] === null) found.push([])
    found.at(-1)!.push({ at, value })
  })
  return found
}
