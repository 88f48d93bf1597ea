import { useNavigate } from '@remix-run/react'
import { Command } from 'cmdk'
import { CornerDownLeft, Flag, type LucideIcon, Play, Plus, Waypoints } from 'lucide-react'
import { useEffect, useState } from 'react'
import { fetchWorkflows, type WorkflowInfo } from '../api/runs.ts'
import { classes } from '../components/classes.ts'
import { KeyHint } from '../components/key-hint.tsx'
import { floating } from '../components/popover.tsx'
import { nav } from './nav.ts'
import type { ProjectChoice } from './project-switcher.tsx'

type Target = { label: string; to: string; icon: LucideIcon; keys?: string }

/** Ctrl or Cmd K: go to a page, a flag, a trace or run by its id, another project, or start a workflow. */
export function CommandPalette({
  projectId,
  projects,
  flagKeys,
  open,
  onOpenChange,
}: {
  projectId: string
  projects: ProjectChoice[]
  flagKeys: string[]
  open: boolean
  onOpenChange: (open: boolean) => void
}) {
  const navigate = useNavigate()
  const [text, setText] = useState('')
  const [workflows, setWorkflows] = useState<WorkflowInfo[]>([])
  useEffect(() => {
    if (!open) return
    setText('')
    const stop = new AbortController()
    fetchWorkflows(projectId, stop.signal).then(setWorkflows, () => setWorkflows([]))
    return () => stop.abort()
  }, [open, projectId])

  const go = (to: string) => {
    onOpenChange(false)
    navigate(to)
  }
  const groups: [string, Target[]][] = [
    ['Open', byId(text.trim(), projectId)],
    [
      'Pages',
      nav.map(({ to, label, icon, keys }) => ({ label, icon, to: `/p/${projectId}/${to}`, keys: `g ${keys}` })),
    ],
    [
      'Flags',
      flagKeys.map(key => ({ label: key, icon: Flag, to: `/p/${projectId}/flags/${encodeURIComponent(key)}` })),
    ],
    [
      'Start a run',
      workflows.map(({ name }) => ({ label: name, icon: Play, to: `/p/${projectId}/runs?start=${name}` })),
    ],
    [
      'Projects',
      [
        ...projects
          .filter(({ id }) => id !== projectId)
          .map(({ id, name }) => ({ label: name, icon: CornerDownLeft, to: `/p/${id}/overview` })),
        { label: 'New project', icon: Plus, to: '/projects/new' },
      ],
    ],
  ]
  return (
    <Command.Dialog
      open={open}
      onOpenChange={onOpenChange}
      label="Go to"
      overlayClassName="fixed inset-0 z-40 bg-[black]/40"
      contentClassName={classes(
        floating,
        'fixed top-[12vh] left-1/2 w-[calc(100vw-1.5rem)] max-w-xl -translate-x-1/2 overflow-hidden',
      )}
    >
      <Command.Input
        value={text}
        onValueChange={setText}
        placeholder="Page, trace id, run id, flag, workflow…"
        className="h-11 w-full border-line border-b bg-transparent px-4 outline-none placeholder:text-faint"
      />
      <Command.List className="max-h-[50vh] overflow-y-auto p-1.5">
        <Command.Empty className="px-3 py-6 text-center text-muted">Nothing of that name.</Command.Empty>
        {groups.map(([heading, targets]) =>
          targets.length === 0 ? null : (
            <Command.Group
              key={heading}
              heading={heading}
              className="[&_[cmdk-group-heading]]:px-2.5 [&_[cmdk-group-heading]]:py-1 [&_[cmdk-group-heading]]:text-muted [&_[cmdk-group-heading]]:text-xs"
            >
              {targets.map(({ label, to, icon: Icon, keys }) => (
                <Command.Item
                  key={to}
                  value={`${heading} ${label} ${to}`}
                  keywords={heading === 'Open' ? [text] : undefined}
                  onSelect={() => go(to)}
                  className="flex min-h-8.5 cursor-pointer items-center gap-2.5 rounded-sm px-2.5 data-[selected=true]:bg-hover"
                >
                  <Icon size={15} aria-hidden className="text-muted" />
                  <span className="min-w-0 flex-1 truncate">{label}</span>
                  {keys && <KeyHint keys={keys} />}
                </Command.Item>
              ))}
            </Command.Group>
          ),
        )}
      </Command.List>
    </Command.Dialog>
  )
}

function byId(text: string, projectId: string): Target[] {
  if (/^[0-9a-f]{32}$/i.test(text)) {
    return [{ label: `Trace ${text}`, icon: Waypoints, to: `/p/${projectId}/traces/${text.toLowerCase()}` }]
  }
  if (/^run_[\w-]+$/.test(text)) return [{ label: `Run ${text}`, icon: Play, to: `/p/${projectId}/runs/${text}` }]
  return []
}
