import { Link } from '@remix-run/react'
import { Check, type LucideIcon } from 'lucide-react'
import { DropdownMenu as Radix } from 'radix-ui'
import type { ReactNode } from 'react'
import { classes } from './classes.ts'
import { KeyHint } from './key-hint.tsx'
import { floating } from './popover.tsx'

export type MenuItem =
  | {
      label: string
      icon?: LucideIcon
      hint?: string
      keys?: string
      checked?: boolean
      danger?: boolean
      disabled?: boolean
      /** A page to go to, or what to do. */
      to?: string
      onSelect?: () => void
    }
  | { heading: string }
  | 'line'

const row =
  'flex min-h-8 w-full items-center gap-2 rounded-sm px-2 outline-none data-[highlighted]:bg-hover data-[disabled]:opacity-50'

export function Menu({
  trigger,
  items,
  align = 'start',
}: {
  trigger: ReactNode
  items: MenuItem[]
  align?: 'start' | 'end'
}) {
  return (
    <Radix.Root modal={false}>
      <Radix.Trigger asChild>{trigger}</Radix.Trigger>
      <Radix.Portal>
        <Radix.Content
          align={align}
          sideOffset={4}
          collisionPadding={8}
          className={classes(floating, 'max-h-[70vh] min-w-44 max-w-80 overflow-y-auto p-1')}
        >
          {items.map((item, at) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: lines and headings have no identity of their own
            <Item key={at} item={item} />
          ))}
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  )
}

function Item({ item }: { item: MenuItem }) {
  if (item === 'line') return <Radix.Separator className="my-1 h-px bg-line" />
  if ('heading' in item) return <Radix.Label className="px-2 py-1 text-muted text-xs">{item.heading}</Radix.Label>
  const { label, icon: Icon, hint, keys, checked, danger, to } = item
  const inside = (
    <>
      {Icon && <Icon size={14} aria-hidden className="shrink-0 opacity-80" />}
      <span className="min-w-0 flex-1 truncate">{label}</span>
      {hint && <span className="text-muted text-sm">{hint}</span>}
      {keys && <KeyHint keys={keys} />}
      {checked && <Check size={14} aria-label="chosen" />}
    </>
  )
  return (
    <Radix.Item
      asChild={Boolean(to)}
      disabled={item.disabled}
      onSelect={item.onSelect}
      className={classes(row, danger && 'text-bad')}
    >
      {to ? <Link to={to}>{inside}</Link> : inside}
    </Radix.Item>
  )
}
