import { Link, type LinkProps } from '@remix-run/react'
import type { LucideIcon } from 'lucide-react'
import { type ComponentProps, forwardRef, type ReactNode } from 'react'
import { classes } from './classes.ts'
import { Tooltip } from './tooltip.tsx'

export type ButtonLook = 'primary' | 'plain' | 'ghost' | 'danger'
type Shape = { look?: ButtonLook; size?: 'sm' | 'md'; icon?: LucideIcon }

const looks: Record<ButtonLook, string> = {
  primary: 'bg-accent text-accent-ink border-transparent font-medium hover:brightness-105',
  plain: 'bg-surface text-ink border-line-strong hover:bg-hover',
  ghost: 'bg-transparent text-muted border-transparent hover:bg-hover hover:text-ink',
  danger: 'bg-bad-solid text-[white] border-transparent font-medium hover:brightness-110',
}

export const buttonClass = ({ look = 'plain', size = 'md' }: Shape, className?: string) =>
  classes(
    'inline-flex items-center justify-center gap-1.5 rounded-md border whitespace-nowrap select-none',
    'disabled:opacity-50 aria-disabled:opacity-50',
    size === 'sm' ? 'h-7 px-2 text-sm' : 'h-8 px-3',
    looks[look],
    className,
  )

export type ButtonProps = ComponentProps<'button'> & Shape & { busy?: boolean }

/** `busy` disables it and says so to assistive technology; the label stays, so nothing shifts. */
export const Button = forwardRef<HTMLButtonElement, ButtonProps>(function Button(
  { look, size, icon: Icon, busy, className, children, type = 'button', disabled, ...rest },
  ref,
) {
  return (
    <button
      ref={ref}
      type={type}
      disabled={disabled || busy}
      aria-busy={busy || undefined}
      className={buttonClass({ look, size }, className)}
      {...rest}
    >
      {Icon && <Icon size={14} aria-hidden className={busy ? 'pulse-dot' : undefined} />}
      {children}
    </button>
  )
})

/** A link that looks like a button. */
export function ButtonLink({ look, size, icon: Icon, className, children, ...rest }: LinkProps & Shape) {
  return (
    <Link className={buttonClass({ look, size }, className)} {...rest}>
      {Icon && <Icon size={14} aria-hidden />}
      {children}
    </Link>
  )
}

export type IconButtonProps = Omit<ButtonProps, 'children' | 'icon'> & {
  icon: LucideIcon
  /** Its name, and its tooltip. */
  label: string
  keys?: string
  children?: ReactNode
}

export const IconButton = forwardRef<HTMLButtonElement, IconButtonProps>(function IconButton(
  { icon: Icon, label, keys, look = 'ghost', size = 'md', className, children, type = 'button', busy, ...rest },
  ref,
) {
  return (
    <Tooltip text={label} keys={keys}>
      <button
        ref={ref}
        type={type}
        aria-label={label}
        aria-busy={busy || undefined}
        className={buttonClass({ look, size }, classes(size === 'sm' ? 'w-7 !px-0' : 'w-8 !px-0', className))}
        {...rest}
      >
        <Icon size={size === 'sm' ? 14 : 16} aria-hidden />
        {children}
      </button>
    </Tooltip>
  )
})
