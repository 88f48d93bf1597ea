import type { LoaderFunctionArgs, MetaFunction } from '@remix-run/node'
import { useLoaderData } from '@remix-run/react'
import { Radio } from 'lucide-react'
import { listOpenIncidents } from '../../../db/incidents.ts'
import { requireProject } from '../../access.server.ts'
import { ButtonLink } from '../../components/button.tsx'
import { Page, type PageHandle } from '../../components/page.tsx'
import { EmptyState } from '../../components/states.tsx'
import { FilterBar } from '../traces/filter-bar.tsx'
import { Charts } from './charts.tsx'
import { Counts } from './counts.tsx'
import { Incidents } from './incidents.tsx'
import { MetricCards } from './metric-cards.tsx'
import { NegativeList } from './negative-list.tsx'
import { readOverview } from './overview.server.ts'

export const handle: PageHandle = { crumbs: [{ label: 'Overview' }], range: true, live: { everyMs: 10_000 } }
export const meta: MetaFunction = () => [{ title: 'Overview · Davylamp' }]

export async function loader(args: LoaderFunctionArgs) {
  const { services, project } = await requireProject(args)
  const params = new URL(args.request.url).searchParams
  const [overview, incidents] = await Promise.all([
    readOverview(services.clickhouse, project.id, params, new Date()),
    listOpenIncidents(services.postgres, project.id),
  ])
  return { projectId: project.id, incidents, ...overview }
}

export default function Overview() {
  const data = useLoaderData<typeof loader>()
  if (!data.seen) return <NothingYet projectId={data.projectId} />
  return (
    <Page title="Overview" actions={<FilterBar />}>
      <div className="grid gap-3">
        <Incidents projectId={data.projectId} incidents={data.incidents} />
        <MetricCards {...data} />
        <Counts {...data} />
        <Charts {...data} />
        <NegativeList {...data} />
      </div>
    </Page>
  )
}

function NothingYet({ projectId }: { projectId: string }) {
  return (
    <Page title="Overview">
      <EmptyState
        icon={Radio}
        title="No data yet"
        actions={
          <>
            <ButtonLink to={`/p/${projectId}/data-in`} look="primary" icon={Radio}>
              Send your first trace
            </ButtonLink>
            <ButtonLink to={`/p/${projectId}/runs?start=analyze`}>Start a run here</ButtonLink>
          </>
        }
      >
        Point any OpenTelemetry exporter at this project, or run the built-in workflow. What its model calls, tools and
        people do appears here within seconds.
      </EmptyState>
    </Page>
  )
}
