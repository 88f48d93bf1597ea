import type { ReactNode } from 'react'
import { classes } from './classes.ts'

/** What a route tells the shell about itself: `export const handle: PageHandle = ...`. */
export type PageHandle = {
  /** Its place under the project: a text, or `{ label, to? }`s, `to` relative to `/p/:projectId/`. */
  crumbs: Crumb[] | ((data: unknown, params: Record<string, string | undefined>) => Crumb[])
  /** Shows the time range picker. */
  range?: boolean | { fallback: string }
  /** Shows the live toggle, refreshing every so many milliseconds. */
  live?: boolean | { everyMs: number }
}
export type Crumb = { label: string; to?: string }

/** A page that scrolls with the window. */
export function Page({
  title,
  lead,
  actions,
  narrow = false,
  children,
}: {
  title: string
  lead?: ReactNode
  actions?: ReactNode
  narrow?: boolean
  children: ReactNode
}) {
  return (
    <div className={classes('mx-auto w-full px-4 pt-4 pb-10 lg:px-6', narrow ? 'max-w-4xl' : 'max-w-[1600px]')}>
      <header className="mb-4 flex flex-wrap items-end justify-between gap-x-4 gap-y-2">
        <div className="min-w-0">
          <h1 className="font-semibold text-xl">{title}</h1>
          {lead && <p className="text-muted">{lead}</p>}
        </div>
        {actions && <div className="flex flex-wrap gap-2">{actions}</div>}
      </header>
      {children}
    </div>
  )
}

/** A titled box. */
export function Panel({
  title,
  lead,
  actions,
  flush = false,
  className,
  children,
}: {
  title?: string
  lead?: ReactNode
  actions?: ReactNode
  /** No padding: for tables. */
  flush?: boolean
  className?: string
  children: ReactNode
}) {
  return (
    <section className={classes('min-w-0 rounded-md border border-line bg-surface', className)}>
      {title && (
        <header
          className={classes(
            'flex min-h-10 flex-wrap items-center justify-between gap-2 px-4 pt-2.5',
            lead ? 'pb-2.5' : 'pb-1',
          )}
        >
          <div className="min-w-0">
            <h2 className="font-semibold">{title}</h2>
            {lead && <p className="text-muted text-sm">{lead}</p>}
          </div>
          {actions}
        </header>
      )}
      <div className={flush ? undefined : classes('px-4 pb-4', !title && 'pt-4')}>{children}</div>
    </section>
  )
}
