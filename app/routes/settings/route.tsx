import type { MetaFunction } from '@remix-run/node'
import { NavLink, Outlet } from '@remix-run/react'
import { classes } from '../../components/classes.ts'
import { Page, type PageHandle } from '../../components/page.tsx'

export const handle: PageHandle = { crumbs: [{ label: 'Settings', to: 'settings' }] }
export const meta: MetaFunction = () => [{ title: 'Settings · Davylamp' }]

const parts = [
  { to: '.', label: 'Project', end: true },
  { to: 'keys', label: 'API keys' },
  { to: 'members', label: 'Members' },
  { to: 'models', label: 'Models' },
  { to: 'prices', label: 'Prices' },
  { to: 'tools', label: 'Tools' },
  { to: 'ai', label: 'AI switch' },
  { to: 'history', label: 'History' },
  { to: 'about', label: 'About' },
]

export default function Settings() {
  return (
    <Page title="Settings" narrow>
      <nav aria-label="Settings" className="mb-4 overflow-x-auto border-line border-b">
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
      <Outlet />
    </Page>
  )
}
