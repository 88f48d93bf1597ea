import { Link } from '@remix-run/react'
import { Monitor, Moon, Search, Sun } from 'lucide-react'
import { Button, IconButton } from '../components/button.tsx'
import { classes } from '../components/classes.ts'
import { KeyHint } from '../components/key-hint.tsx'
import { LiveToggle } from '../components/live-toggle.tsx'
import { Menu } from '../components/menu.tsx'
import type { PageHandle } from '../components/page.tsx'
import type { Theme } from '../components/preferences.ts'
import { TimeRangePicker } from '../components/time-range-picker.tsx'
import { AccountMenu } from './account-menu.tsx'
import type { PlacedCrumb } from './crumbs.ts'
import { type ProjectChoice, ProjectSwitcher } from './project-switcher.tsx'
import { useTheme } from './use-theme.ts'

export function TopBar({
  projectId,
  projects,
  user,
  theme,
  crumbs,
  handle,
  onSearch,
  onHelp,
}: {
  projectId: string
  projects: ProjectChoice[]
  user: { name: string; email: string }
  theme: Theme
  crumbs: PlacedCrumb[]
  handle: PageHandle | undefined
  onSearch: () => void
  onHelp: () => void
}) {
  const range = handle?.range
  const live = handle?.live
  return (
    <header
      data-rows={range ? 2 : 1}
      className="sticky top-0 z-20 flex min-h-11 flex-wrap items-center gap-x-2 gap-y-1 border-line border-b bg-surface px-2 py-1 md:px-4"
    >
      <div className="min-w-0 max-w-44 md:hidden">
        <ProjectSwitcher projectId={projectId} projects={projects} />
      </div>
      <nav aria-label="Breadcrumb" className="hidden min-w-0 flex-1 md:block">
        <ol className="flex min-w-0 items-center gap-1.5 text-muted">
          {crumbs.map(({ label, href }, at) => (
            <li key={label} className="flex min-w-0 items-center gap-1.5">
              {at > 0 && <span aria-hidden>/</span>}
              {href ? (
                <Link to={href} className="truncate hover:text-ink">
                  {label}
                </Link>
              ) : (
                <span aria-current="page" className="truncate text-ink">
                  {label}
                </span>
              )}
            </li>
          ))}
        </ol>
      </nav>
      {(live || range) && (
        <div
          className={classes(
            'flex items-center gap-1.5',
            range ? 'justify-end max-md:order-last max-md:basis-full' : 'max-md:ml-auto',
          )}
        >
          {live && <LiveToggle everyMs={live === true ? undefined : live.everyMs} />}
          {range && <TimeRangePicker fallback={range === true ? undefined : range.fallback} />}
        </div>
      )}
      <div className={classes('flex items-center gap-1.5', (range || !live) && 'max-md:ml-auto')}>
        <Button size="sm" look="ghost" icon={Search} onClick={onSearch} className="max-lg:hidden">
          Go to <KeyHint keys="Ctrl K" />
        </Button>
        <IconButton icon={Search} label="Go to" onClick={onSearch} className="lg:hidden" />
        <ThemeMenu theme={theme} />
        <AccountMenu user={user} onHelp={onHelp} />
      </div>
    </header>
  )
}

const themes = [
  { id: 'system', label: 'As the system', icon: Monitor },
  { id: 'light', label: 'Light', icon: Sun },
  { id: 'dark', label: 'Dark', icon: Moon },
] as const

function ThemeMenu({ theme: first }: { theme: Theme }) {
  const [theme, setTheme] = useTheme(first)
  return (
    <Menu
      align="end"
      trigger={<IconButton icon={themes.find(({ id }) => id === theme)?.icon ?? Monitor} label="Theme" />}
      items={themes.map(({ id, label, icon }) => ({
        label,
        icon,
        checked: id === theme,
        onSelect: () => setTheme(id),
      }))}
    />
  )
}
