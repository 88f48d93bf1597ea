import type { LoaderFunctionArgs } from '@remix-run/node'
import { Outlet, type ShouldRevalidateFunctionArgs, useLoaderData } from '@remix-run/react'
import { lazy, Suspense, useMemo, useState } from 'react'
import { listProjects } from '../../../db/projects.ts'
import { requireProject } from '../../access.server.ts'
import { aiState } from '../../ai-state.server.ts'
import { keepPreference, readPreferences } from '../../components/preferences.ts'
import { AiOffBanner, useAiState } from '../../shell/ai-off-banner.tsx'
import { useCrumbs } from '../../shell/crumbs.ts'
import { BottomBar, Rail } from '../../shell/rail.tsx'
import { TopBar } from '../../shell/top-bar.tsx'
import { useBadges } from '../../shell/use-badges.ts'
import { useShortcuts } from '../../shell/use-shortcuts.ts'

const CommandPalette = lazy(() =>
  import('../../shell/command-palette.tsx').then(({ CommandPalette }) => ({ default: CommandPalette })),
)

const ShortcutsHelp = lazy(() =>
  import('../../shell/shortcuts-help.tsx').then(({ ShortcutsHelp }) => ({ default: ShortcutsHelp })),
)

export async function loader({ context, request, params }: LoaderFunctionArgs) {
  const { services, user, project } = await requireProject({ context, request, params })
  const projects = await listProjects(services.postgres, user.id)
  const preferences = readPreferences(request.headers.get('cookie') ?? '')
  return {
    project: { id: project.id, name: project.name, role: project.role },
    projects,
    user,
    preferences,
    ai: aiState(services, project.id),
  }
}

export function shouldRevalidate({ currentParams, nextParams, formMethod }: ShouldRevalidateFunctionArgs) {
  return currentParams.projectId !== nextParams.projectId || formMethod !== undefined
}

export default function Shell() {
  const { project, projects, user, preferences, ai: aiAtFirst } = useLoaderData<typeof loader>()
  const ai = useAiState(project.id, aiAtFirst)
  const [narrow, setNarrow] = useState(preferences.rail === 'narrow')
  const [palette, setPalette] = useState(false)
  const { crumbs, handle } = useCrumbs(project.id)
  const badges = useBadges(project.id)
  const [help, setHelp] = useState(false)
  const opens = useMemo(() => ({ palette: () => setPalette(true), help: () => setHelp(true) }), [])
  useShortcuts(project.id, opens)
  const toggle = () => {
    keepPreference('rail', narrow ? 'wide' : 'narrow')
    setNarrow(!narrow)
  }
  return (
    <div className="flex min-h-dvh">
      <a href="#main" className="skip-link rounded-md bg-accent px-3 py-1.5 font-medium text-accent-ink">
        Skip to the content
      </a>
      <Rail projectId={project.id} projects={projects} badges={badges} narrow={narrow} onToggle={toggle} />
      <div className="flex min-w-0 flex-1 flex-col pb-13 md:pb-0">
        <TopBar
          projectId={project.id}
          projects={projects}
          user={user}
          theme={preferences.theme}
          crumbs={crumbs}
          handle={handle}
          onSearch={opens.palette}
          onHelp={opens.help}
        />
        {ai.off && <AiOffBanner projectId={project.id} off={ai.off} />}
        <main id="main" tabIndex={-1} className="flex min-w-0 flex-1 flex-col outline-none">
          <Outlet />
        </main>
      </div>
      <BottomBar projectId={project.id} badges={badges} />
      {help && (
        <Suspense>
          <ShortcutsHelp onClose={() => setHelp(false)} />
        </Suspense>
      )}
      {palette && (
        <Suspense>
          <CommandPalette
            projectId={project.id}
            projects={projects}
            flagKeys={ai.flagKeys}
            open
            onOpenChange={setPalette}
          />
        </Suspense>
      )}
    </div>
  )
}
