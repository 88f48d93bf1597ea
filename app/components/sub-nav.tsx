import { NavLink, useLocation } from '@remix-run/react'
import { useEffect, useRef } from 'react'
import { classes } from './classes.ts'

export type Part = { to: string; label: string; end?: boolean }

/** The parts of a page, each with an address of its own; on a phone they scroll sideways. */
export function SubNav({ label, parts }: { label: string; parts: Part[] }) {
  const nav = useRef<HTMLElement>(null)
  const { pathname } = useLocation()
  // biome-ignore lint/correctness/useExhaustiveDependencies: another address makes another part the current one.
  useEffect(() => {
    nav.current?.querySelector('[aria-current=page]')?.scrollIntoView({ block: 'nearest', inline: 'center' })
  }, [pathname])
  return (
    <nav ref={nav} aria-label={label} className="mb-4 scroll-sideways border-line border-b">
      <ul className="flex gap-1">
        {parts.map(({ to, label, end }) => (
          <li key={to}>
            <NavLink
              to={to}
              end={end}
              prefetch="intent"
              className={({ isActive }) =>
                classes(
                  '-mb-px flex h-9 items-center whitespace-nowrap border-b-2 px-2.5 focus-visible:-outline-offset-2',
                  isActive ? 'border-accent text-ink' : 'border-transparent text-muted hover:text-ink',
                )
              }
            >
              {label}
            </NavLink>
          </li>
        ))}
      </ul>
    </nav>
  )
}
