import { X } from 'lucide-react'
import { Dialog as Radix } from 'radix-ui'
import type { ReactNode } from 'react'
import { IconButton } from './button.tsx'
import { classes } from './classes.ts'

type DialogProps = {
  title: string
  /** What will happen, in a sentence; for a dangerous act its consequence. */
  description?: ReactNode
  /** The button that opens it; or drive it by `open`. */
  trigger?: ReactNode
  open?: boolean
  onOpenChange?: (open: boolean) => void
  /** `side` is a panel at the right edge. */
  place?: 'middle' | 'side'
  wide?: boolean
  children?: ReactNode
  /** Buttons, right-aligned. */
  actions?: ReactNode
}

const places = {
  middle: 'top-[12vh] left-1/2 max-h-[80vh] w-[calc(100vw-2rem)] -translate-x-1/2 rounded-lg border',
  side: 'inset-y-0 right-0 w-full border-l sm:w-[min(720px,90vw)]',
}

export function Dialog(props: DialogProps) {
  const { title, description, trigger, open, onOpenChange, place = 'middle', wide = false, children, actions } = props
  return (
    <Radix.Root open={open} onOpenChange={onOpenChange}>
      {trigger && <Radix.Trigger asChild>{trigger}</Radix.Trigger>}
      <Radix.Portal>
        <Radix.Overlay className="fixed inset-0 z-40 bg-[black]/40" />
        <Radix.Content
          {...(description ? {} : { 'aria-describedby': undefined })}
          onOpenAutoFocus={keepOffClose}
          className={classes(
            'fixed z-50 flex flex-col border-line-strong bg-raised outline-none',
            places[place],
            place === 'middle' && (wide ? 'max-w-2xl' : 'max-w-md'),
          )}
        >
          <header className="px-4 pt-3.5 pr-12 pb-2">
            <div className="min-w-0">
              <Radix.Title className="font-semibold text-lg">{title}</Radix.Title>
              {description && <Radix.Description className="mt-1 text-muted">{description}</Radix.Description>}
            </div>
          </header>
          <div className="min-h-0 flex-1 overflow-y-auto px-4 pb-4">{children}</div>
          {actions && <footer className="flex justify-end gap-2 border-line border-t px-4 py-3">{actions}</footer>}
          <div className="absolute top-2.5 right-3">
            <Radix.Close asChild>
              <IconButton icon={X} label="Close" keys="Esc" size="sm" />
            </Radix.Close>
          </div>
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  )
}

/** Where nothing but Close could have the focus the dialog itself has it: Esc would first hide that button's tip. */
function keepOffClose(event: Event) {
  const content = event.currentTarget as HTMLElement
  if (content.querySelectorAll('a, button, input, select, textarea').length > 1) return
  event.preventDefault()
  content.focus()
}

/** Closes the dialog it stands in. */
export const DialogClose = ({ children }: { children: ReactNode }) => <Radix.Close asChild>{children}</Radix.Close>
