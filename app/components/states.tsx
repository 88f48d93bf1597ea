import type { LucideIcon } from 'lucide-react'
import { CircleAlert } from 'lucide-react'
import type { ReactNode } from 'react'
import { classes } from './classes.ts'

type StateProps = {
  title: string
  /** What it means and what to do next. */
  children?: ReactNode
  /** Buttons or links of the next step. */
  actions?: ReactNode
  className?: string
}

/** Nothing to show yet: says why and names the next step. */
export function EmptyState({
  icon: Icon,
  title,
  children,
  actions,
  className,
  as: Title = 'p',
}: StateProps & { icon?: LucideIcon; as?: 'p' | 'h1' | 'h2' }) {
  return (
    <div className={classes('mx-auto grid max-w-md justify-items-center gap-2 px-4 py-12 text-center', className)}>
      {Icon && <Icon size={24} strokeWidth={1.5} aria-hidden className="mb-1 text-faint" />}
      <Title className="font-semibold text-lg">{title}</Title>
      {children && <div className="text-muted">{children}</div>}
      {actions && <div className="mt-2 flex flex-wrap justify-center gap-2">{actions}</div>}
    </div>
  )
}

/** Something failed: the sentence of what and why, and what to do. */
export function ErrorState({ title, children, actions, className }: StateProps) {
  return (
    <div
      role="alert"
      className={classes('flex gap-3 rounded-md border border-bad/40 bg-bad-soft px-3 py-2.5', className)}
    >
      <CircleAlert size={16} aria-hidden className="mt-0.5 shrink-0 text-bad" />
      <div className="grid min-w-0 gap-1">
        <p className="font-medium">{title}</p>
        {children && <div className="wrap-anywhere text-muted">{children}</div>}
        {actions && <div className="mt-1 flex flex-wrap gap-2">{actions}</div>}
      </div>
    </div>
  )
}
