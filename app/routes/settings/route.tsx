import type { MetaFunction } from '@remix-run/node'
import { Outlet } from '@remix-run/react'
import { Page, type PageHandle } from '../../components/page.tsx'
import { SubNav } from '../../components/sub-nav.tsx'

export const handle: PageHandle = { crumbs: [{ label: 'Settings', to: 'settings' }] }
export const meta: MetaFunction = () => [{ title: 'Settings · Davylamp' }]

const parts = [
  { to: '.', label: 'Project', end: true },
  { to: 'keys', label: 'API keys' },
  { to: 'members', label: 'Members' },
  { to: 'models', label: 'Models' },
  { to: 'prices', label: 'Prices' },
  { to: 'tools', label: 'Tools' },
  { to: 'redaction', label: 'Redaction' },
  { to: 'ai', label: 'AI switch' },
  { to: 'retention', label: 'Retention' },
  { to: 'history', label: 'History' },
  { to: 'about', label: 'About' },
]

export default function Settings() {
  return (
    <Page title="Settings" narrow>
      <SubNav label="Settings" parts={parts} />
      <Outlet />
    </Page>
  )
}
