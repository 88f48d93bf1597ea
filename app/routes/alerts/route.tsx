import type { MetaFunction } from '@remix-run/node'
import { Outlet } from '@remix-run/react'
import { Page, type PageHandle } from '../../components/page.tsx'
import { SubNav } from '../../components/sub-nav.tsx'

export const handle: PageHandle = { crumbs: [{ label: 'Alerts', to: 'alerts' }] }
export const meta: MetaFunction = () => [{ title: 'Alerts · Davylamp' }]

const parts = [
  { to: '.', label: 'Firing', end: true },
  { to: 'rules', label: 'Rules' },
  { to: 'silences', label: 'Silences' },
  { to: 'channels', label: 'Channels' },
]

export default function Alerts() {
  return (
    <Page title="Alerts">
      <SubNav label="Alerts" parts={parts} />
      <Outlet />
    </Page>
  )
}
