import { NavLink } from '@remix-run/react'
import { PanelLeftClose, PanelLeftOpen } from 'lucide-react'
import { IconButton } from '../components/button.tsx'
import { classes } from '../components/classes.ts'
import { Tooltip } from '../components/tooltip.tsx'
import { type Badges, type NavItem, nav } from './nav.ts'
import { type ProjectChoice, ProjectSwitcher } from './project-switcher.tsx'

const item = (isActive: boolean) =>
  classes(
    'flex h-8 items-center gap-2.5 rounded-md px-2.5',
    isActive ? 'bg-accent-soft font-medium text-ink' : 'text-muted hover:bg-hover hover:text-ink',
  )

/** The left rail of wide screens; narrow, it shows icons with their names as tooltips. */
export function Rail({
  projectId,
  projects,
  narrow,
  badges,
  onToggle,
}: {
  projectId: string
  badges: Badges
  projects: ProjectChoice[]
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
          {nav.map(({ to, label, icon: Icon, badge }) => {
            const link = (
              <NavLink
                to={`/p/${projectId}/${to}`}
                prefetch="intent"
                className={({ isActive }) => classes('relative', item(isActive))}
              >
                <Icon size={16} aria-hidden className="shrink-0" />
                <span className={narrow ? 'sr-only' : undefined}>{label}</span>
                <CountBadge badge={badge} badges={badges} corner={narrow} />
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

/** The bottom bar of phones. */
export function BottomBar({ projectId, badges }: { projectId: string; badges: Badges }) {
  return (
    <nav
      aria-label="Main"
      className="fixed inset-x-0 bottom-0 z-30 border-line border-t bg-surface pb-[env(safe-area-inset-bottom)] md:hidden"
    >
      <ul className="grid auto-cols-fr grid-flow-col">
        {nav.map(({ to, label, icon: Icon, badge }) => (
          <li key={to} className="relative">
            <NavLink
              to={`/p/${projectId}/${to}`}
              className={({ isActive }) =>
                classes(
                  'grid h-13 place-content-center justify-items-center gap-0.5 border-t-2 text-xs focus-visible:-outline-offset-2',
                  isActive ? 'border-accent text-ink' : 'border-transparent text-muted',
                )
              }
            >
              <Icon size={18} aria-hidden />
              {label}
              <CountBadge badge={badge} badges={badges} corner />
            </NavLink>
          </li>
        ))}
      </ul>
    </nav>
  )
}

/** A number that stands beside a page's name, or in the corner of its icon. */
function CountBadge({ badge, badges, corner }: Pick<NavItem, 'badge'> & { badges: Badges; corner: boolean }) {
  const count = badge ? badges[badge] : 0
  if (count === 0) return null
  const place = corner ? 'absolute top-0.5 right-1 min-w-4' : 'ml-auto min-w-5'
  return (
    <span className={classes('rounded-full bg-bad-solid px-1 text-center font-medium text-[white] text-xs', place)}>
      {count}
      <span className="sr-only"> {badge}</span>
    </span>
  )
}
