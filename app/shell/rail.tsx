import { NavLink, useLocation } from '@remix-run/react'
import { Ellipsis, PanelLeftClose, PanelLeftOpen } from 'lucide-react'
import { IconButton } from '../components/button.tsx'
import { classes } from '../components/classes.ts'
import { Menu } from '../components/menu.tsx'
import { Tooltip } from '../components/tooltip.tsx'
import { type Badges, badgeText, nav } from './nav.ts'
import { type ProjectChoice, ProjectSwitcher } from './project-switcher.tsx'

const item = (isActive: boolean) =>
  classes(
    'relative flex h-8 items-center gap-2.5 rounded-md px-2.5',
    isActive ? 'bg-accent-soft font-medium text-ink' : 'text-muted hover:bg-hover hover:text-ink',
  )

/** The left rail of wide screens; narrow, it shows icons with their names as tooltips. */
export function Rail({
  projectId,
  projects,
  badges,
  narrow,
  onToggle,
}: {
  projectId: string
  projects: ProjectChoice[]
  badges: Badges
  narrow: boolean
  onToggle: () => void
}) {
  return (
    <div
      className={classes(
        'sticky top-0 hidden h-dvh shrink-0 flex-col border-line border-r bg-surface md:flex',
        narrow ? 'w-13' : 'w-52',
      )}
    >
      <div className="flex h-11 items-center border-line border-b px-2">
        <ProjectSwitcher projectId={projectId} projects={projects} narrow={narrow} />
      </div>
      <nav aria-label="Main" className="flex-1 overflow-y-auto p-2">
        <ul className="grid gap-0.5">
          {nav.map(entry => {
            const { to, label, icon: Icon } = entry
            const waiting = badgeText(entry, badges)
            const link = (
              <NavLink to={`/p/${projectId}/${to}`} prefetch="intent" className={({ isActive }) => item(isActive)}>
                <Icon size={16} aria-hidden className="shrink-0" />
                <span className={narrow ? 'sr-only' : 'flex-1'}>{label}</span>
                {waiting && <Waiting text={waiting} corner={narrow} />}
              </NavLink>
            )
            return (
              <li key={to}>
                {narrow ? (
                  <Tooltip text={label} side="right">
                    <span className="block">{link}</span>
                  </Tooltip>
                ) : (
                  link
                )}
              </li>
            )
          })}
        </ul>
      </nav>
      <div className="p-2">
        <IconButton
          icon={narrow ? PanelLeftOpen : PanelLeftClose}
          label={narrow ? 'Widen the menu' : 'Narrow the menu'}
          aria-expanded={!narrow}
          onClick={onToggle}
        />
      </div>
    </div>
  )
}

/** A number beside a page's name; in a corner of its icon where there is no room. */
function Waiting({ text, corner }: { text: string; corner: boolean }) {
  return (
    <span
      className={classes(
        'inline-block min-w-4.5 whitespace-nowrap rounded-full bg-accent px-1 text-center font-medium text-accent-ink text-xs',
        corner && 'absolute -top-0.5 right-0',
      )}
    >
      {text}
      <span className="sr-only"> waiting</span>
    </span>
  )
}

const Corner = ({ text }: { text: string }) => (
  <span className="absolute -top-1.5 left-3">
    <Waiting text={text} corner={false} />
  </span>
)

const tab = (isActive: boolean) =>
  classes(
    'relative grid h-13 w-full place-content-center justify-items-center gap-0.5 border-t-2 text-xs focus-visible:-outline-offset-2',
    isActive ? 'border-accent text-ink' : 'border-transparent text-muted',
  )

/** The bottom bar of phones: the pages used most, and a menu of the rest. */
export function BottomBar({ projectId, badges }: { projectId: string; badges: Badges }) {
  const { pathname } = useLocation()
  const rest = nav.filter(({ phone }) => !phone)
  const inMenu = rest.map(entry => badgeText(entry, badges)).find(text => text !== undefined)
  const inRest = rest.some(({ to }) => pathname.startsWith(`/p/${projectId}/${to}`))
  return (
    <nav
      aria-label="Main"
      className="fixed inset-x-0 bottom-0 z-30 border-line border-t bg-surface pb-[env(safe-area-inset-bottom)] md:hidden"
    >
      <ul className="grid auto-cols-fr grid-flow-col">
        {nav
          .filter(({ phone }) => phone)
          .map(entry => {
            const { to, label, icon: Icon } = entry
            const waiting = badgeText(entry, badges)
            return (
              <li key={to}>
                <NavLink to={`/p/${projectId}/${to}`} className={({ isActive }) => tab(isActive)}>
                  <span className="relative">
                    <Icon size={18} aria-hidden />
                    {waiting && <Corner text={waiting} />}
                  </span>
                  {label}
                </NavLink>
              </li>
            )
          })}
        <li>
          <Menu
            align="end"
            trigger={
              <button type="button" className={tab(inRest)}>
                <span className="relative">
                  <Ellipsis size={18} aria-hidden />
                  {inMenu && <Corner text={inMenu} />}
                </span>
                More
              </button>
            }
            items={rest.map(entry => ({
              label: entry.label,
              icon: entry.icon,
              to: `/p/${projectId}/${entry.to}`,
              hint: badgeText(entry, badges),
            }))}
          />
        </li>
      </ul>
    </nav>
  )
}
