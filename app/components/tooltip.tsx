import { Tooltip as Radix } from 'radix-ui'
import type { ReactNode } from 'react'
import { KeyHint } from './key-hint.tsx'

export const TooltipProvider = ({ children }: { children: ReactNode }) => (
  <Radix.Provider delayDuration={300} skipDelayDuration={200}>
    {children}
  </Radix.Provider>
)

type Side = 'top' | 'right' | 'bottom' | 'left'

/** Words on hover and focus for one element, which must take a ref. Never the only place where a fact is told. */
export function Tooltip({
  text,
  keys,
  side,
  children,
}: {
  text: ReactNode
  keys?: string
  side?: Side
  children: ReactNode
}) {
  return (
    <Radix.Root>
      <Radix.Trigger asChild>{children}</Radix.Trigger>
      <Radix.Portal>
        <Radix.Content
          side={side}
          sideOffset={6}
          collisionPadding={8}
          className="z-50 flex max-w-80 items-center gap-2 rounded-md bg-ink px-2 py-1 text-canvas text-sm"
        >
          {text}
          {keys && <KeyHint keys={keys} inverted />}
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  )
}
