import type { LucideIcon } from 'lucide-react'
import { type ComponentProps, forwardRef } from 'react'
import { classes } from './classes.ts'

const box =
  'w-full rounded-md border border-line-strong bg-surface text-ink placeholder:text-faint aria-invalid:border-bad disabled:opacity-60'

export type InputProps = ComponentProps<'input'> & { icon?: LucideIcon }

export const Input = forwardRef<HTMLInputElement, InputProps>(function Input({ icon: Icon, className, ...rest }, ref) {
  const input = (
    <input ref={ref} className={classes(box, 'h-8', Icon ? 'pr-2.5 pl-8' : 'px-2.5', !Icon && className)} {...rest} />
  )
  if (!Icon) return input
  return (
    <span className={classes('relative block', className)}>
      <Icon size={14} aria-hidden className="pointer-events-none absolute top-2.25 left-2.5 text-faint" />
      {input}
    </span>
  )
})

export const Textarea = forwardRef<HTMLTextAreaElement, ComponentProps<'textarea'>>(function Textarea(
  { className, rows = 3, ...rest },
  ref,
) {
  return <textarea ref={ref} rows={rows} className={classes(box, 'resize-y px-2.5 py-1.5', className)} {...rest} />
})

export function Checkbox({ label, className, ...rest }: ComponentProps<'input'> & { label: string }) {
  return (
    <label className={classes('inline-flex items-center gap-2', className)}>
      <input type="checkbox" className="size-4 accent-[var(--accent)]" {...rest} />
      {label}
    </label>
  )
}
