import { NavLink } from '@remix-run/react'
import { classes } from '../../components/classes.ts'
import { useQualityLink } from './links.ts'

/** Between metrics and tools: two pages, for each has its own numbers to read. */
export function QualityTabs() {
  const link = useQualityLink()
  const tabs = [
    { label: 'Metrics', to: link('') },
    { label: 'Tools', to: link('tools', { metric: undefined, by: undefined }) },
  ]
  return (
    <nav aria-label="Quality" className="mb-3 flex gap-1 border-line border-b">
      {tabs.map(({ label, to }) => (
        <NavLink
          key={label}
          to={to}
          end
          className={({ isActive }) =>
            classes(
              '-mb-px flex h-9 items-center border-b-2 px-2 hover:text-ink',
              isActive ? 'border-accent text-ink' : 'border-transparent text-muted',
            )
          }
        >
          {label}
        </NavLink>
      ))}
    </nav>
  )
}
