import { Tabs as Radix } from 'radix-ui'
import type { ReactNode } from 'react'
import { classes } from './classes.ts'

export type Tab = { id: string; label: string; count?: number; content: ReactNode }

/** `keep` leaves hidden panels in the page, so that what was typed or scrolled there stays. */
export function Tabs({
  tabs,
  value,
  defaultValue,
  onChange,
  label,
  className,
  panelClassName,
  keep = false,
}: {
  tabs: Tab[]
  value?: string
  defaultValue?: string
  onChange?: (id: string) => void
  label: string
  className?: string
  panelClassName?: string
  keep?: boolean
}) {
  return (
    <Radix.Root
      value={value}
      defaultValue={defaultValue ?? (value === undefined ? tabs[0]?.id : undefined)}
      onValueChange={onChange}
      className={classes('flex min-h-0 min-w-0 flex-col', className)}
    >
      <Radix.List aria-label={label} className="flex shrink-0 gap-1 scroll-sideways border-line border-b px-1">
        {tabs.map(tab => (
          <Radix.Trigger
            key={tab.id}
            value={tab.id}
            className="-mb-px flex h-9 items-center gap-1.5 whitespace-nowrap border-transparent border-b-2 px-2 text-muted hover:text-ink focus-visible:-outline-offset-2 data-[state=active]:border-accent data-[state=active]:text-ink"
          >
            {tab.label}
            {tab.count !== undefined && <span className="text-faint text-xs">{tab.count}</span>}
          </Radix.Trigger>
        ))}
      </Radix.List>
      {tabs.map(tab => (
        <Radix.Content
          key={tab.id}
          value={tab.id}
          forceMount={keep || undefined}
          className={classes('min-h-0 min-w-0 flex-1 data-[state=inactive]:hidden', panelClassName)}
        >
          {tab.content}
        </Radix.Content>
      ))}
    </Radix.Root>
  )
}
