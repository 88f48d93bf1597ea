import type { ReactNode } from 'react'

/** A frame in which a wide table scrolls sideways by itself. */
export function ScrollFrame({ label, children }: { label: string; children: ReactNode }) {
  return (
    <section
      aria-label={label}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: a frame that scrolls must be reachable from the keyboard
      tabIndex={0}
      className="relative scroll-sideways focus-visible:-outline-offset-2"
    >
      {children}
    </section>
  )
}
