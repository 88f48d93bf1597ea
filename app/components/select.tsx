import { Check, ChevronDown } from 'lucide-react'
import { Select as Radix } from 'radix-ui'
import { forwardRef } from 'react'
import { classes } from './classes.ts'
import { useStyleNonce } from './nonce.ts'
import { floating } from './popover.tsx'

export type Option = { value: string; label: string; hint?: string; disabled?: boolean }

export type SelectProps = {
  options: Option[]
  value?: string
  defaultValue?: string
  onChange?: (value: string) => void
  /** For forms. */
  name?: string
  placeholder?: string
  /** Its accessible name where no Field labels it. */
  label?: string
  size?: 'sm' | 'md'
  className?: string
  id?: string
  disabled?: boolean
  'aria-invalid'?: boolean
  'aria-describedby'?: string
}

export const Select = forwardRef<HTMLButtonElement, SelectProps>(function Select(props, ref) {
  const { options, value, defaultValue, onChange, name, placeholder, label, size = 'md', className, ...rest } = props
  const nonce = useStyleNonce()
  return (
    <Radix.Root
      value={value}
      defaultValue={defaultValue}
      onValueChange={onChange}
      name={name}
      disabled={props.disabled}
    >
      <Radix.Trigger
        ref={ref}
        aria-label={label}
        {...rest}
        className={classes(
          'inline-flex items-center justify-between gap-2 rounded-md border border-line-strong bg-surface text-left',
          'hover:bg-hover aria-invalid:border-bad disabled:opacity-60 data-[placeholder]:text-faint',
          size === 'sm' ? 'h-7 px-2 text-sm' : 'h-8 px-2.5',
          className,
        )}
      >
        <span className="truncate">
          <Radix.Value placeholder={placeholder} />
        </span>
        <ChevronDown size={14} aria-hidden className="shrink-0 text-faint" />
      </Radix.Trigger>
      <Radix.Portal>
        <Radix.Content
          position="popper"
          sideOffset={4}
          collisionPadding={8}
          className={classes(floating, 'max-h-80 min-w-[var(--radix-select-trigger-width)] overflow-hidden')}
        >
          <Radix.Viewport nonce={nonce} className="p-1">
            {options.map(option => (
              <Radix.Item
                key={option.value}
                value={option.value}
                disabled={option.disabled}
                className="flex min-h-8 items-center gap-2 rounded-sm px-2 outline-none data-[highlighted]:bg-hover data-[disabled]:opacity-50"
              >
                <span className="min-w-0 flex-1">
                  <Radix.ItemText>{option.label}</Radix.ItemText>
                  {option.hint && <span className="block text-muted text-sm">{option.hint}</span>}
                </span>
                <Radix.ItemIndicator>
                  <Check size={14} aria-hidden />
                </Radix.ItemIndicator>
              </Radix.Item>
            ))}
          </Radix.Viewport>
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  )
})
