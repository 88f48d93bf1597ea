import { classes } from './classes.ts'

/** How users are dealt: the canary from one end, the concurrent control from the other, nobody compared in between. */
export function ShareBar({ share, className }: { share: number; className?: string }) {
  const canary = share / 100
  const control = Math.min(share, 10_000 - share) / 100
  const rest = Number((100 - canary - control).toFixed(2))
  return (
    <span
      role="img"
      aria-label={`canary ${canary} %, control ${control} %, not compared ${rest} %`}
      className={classes('flex justify-between overflow-hidden rounded-sm bg-line', className ?? 'h-2 w-24')}
    >
      <span className="min-w-0.5 bg-canary" style={{ width: `${canary}%` }} />
      {control > 0 && <span className="min-w-0.5 bg-control" style={{ width: `${control}%` }} />}
    </span>
  )
}
