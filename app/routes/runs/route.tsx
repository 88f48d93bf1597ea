import type { LoaderFunctionArgs, MetaFunction } from '@remix-run/node'
import { useLoaderData, useNavigate, useSearchParams } from '@remix-run/react'
import { Play } from 'lucide-react'
import { runFacets } from '../../../db/runs-view.ts'
import { requireProject } from '../../access.server.ts'
import { ButtonLink } from '../../components/button.tsx'
import { DataTable } from '../../components/data-table.tsx'
import type { PageHandle } from '../../components/page.tsx'
import { EmptyState } from '../../components/states.tsx'
import { columns } from './columns.tsx'
import { readRuns } from './read-runs.server.ts'
import { RunFilters } from './run-filters.tsx'
import { StartRun } from './start-run.tsx'
import { useOlderRuns } from './use-older-runs.ts'

export const handle: PageHandle = { crumbs: [{ label: 'Runs', to: 'runs' }], live: { everyMs: 3_000 } }
export const meta: MetaFunction = () => [{ title: 'Runs · Davylamp' }]

export async function loader(args: LoaderFunctionArgs) {
  const { services, project } = await requireProject(args)
  const params = new URL(args.request.url).searchParams
  const [page, facets] = await Promise.all([
    readRuns(services, project.id, params),
    runFacets(services.postgres, project.id),
  ])
  return { projectId: project.id, page, facets }
}

export default function Runs() {
  const { projectId, page, facets } = useLoaderData<typeof loader>()
  const { rows, loadMore, loading } = useOlderRuns(page)
  const navigate = useNavigate()
  const [params] = useSearchParams()
  const filtered = params.has('status') || params.has('workflow')
  return (
    <div className="page-fill">
      <header className="flex flex-wrap items-center gap-2 px-4 py-3">
        <h1 className="mr-2 font-semibold text-xl">Runs</h1>
        <RunFilters facets={facets} />
        <div className="ml-auto">
          <StartRun projectId={projectId} />
        </div>
      </header>
      <DataTable
        label="Runs"
        className="flex-1 border-line border-t"
        columns={columns}
        rows={rows}
        rowKey={run => run.id}
        onOpen={run => navigate(`/p/${projectId}/runs/${run.id}`)}
        onEnd={loadMore}
        loadingMore={loading}
        empty={
          filtered ? (
            <EmptyState title="No run matches" actions={<ButtonLink to="?">Show all runs</ButtonLink>}>
              No run of this project has this status and workflow.
            </EmptyState>
          ) : (
            <EmptyState
              icon={Play}
              title="No runs yet"
              actions={
                <ButtonLink to="?start=analyze" look="primary" icon={Play}>
                  Start a run
                </ButtonLink>
              }
            >
              A run is one execution of a workflow: queued at once, streamed as it works, and recorded as a trace.
            </EmptyState>
          )
        }
      />
    </div>
  )
}
