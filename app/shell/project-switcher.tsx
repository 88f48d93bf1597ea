import { ChevronsUpDown, Plus } from 'lucide-react'
import { classes } from '../components/classes.ts'
import { Lamp } from '../components/lamp.tsx'
import { Menu } from '../components/menu.tsx'

export type ProjectChoice = { id: string; name: string }

export function ProjectSwitcher({
  projectId,
  projects,
  narrow = false,
}: {
  projectId: string
  projects: ProjectChoice[]
  narrow?: boolean
}) {
  const current = projects.find(project => project.id === projectId)
  return (
    <Menu
      trigger={
        <button
          type="button"
          aria-label={`Project ${current?.name}: switch`}
          className={classes(
            'flex h-8 min-w-0 items-center gap-2 rounded-md px-1.5 text-left hover:bg-hover',
            narrow ? 'w-9 justify-center' : 'w-full',
          )}
        >
          <Lamp size={20} />
          {!narrow && (
            <>
              <span className="min-w-0 flex-1 truncate font-medium">{current?.name}</span>
              <ChevronsUpDown size={14} aria-hidden className="shrink-0 text-faint" />
            </>
          )}
        </button>
      }
      items={[
        { heading: 'Projects' },
        ...projects.map(({ id, name }) => ({ label: name, to: `/p/${id}/overview`, checked: id === projectId })),
        'line',
        { label: 'New project', icon: Plus, to: '/projects/new' },
      ]}
    />
  )
}
