import type { LoaderFunctionArgs, MetaFunction } from '@remix-run/node'
import { useLoaderData } from '@remix-run/react'
import { type Arrival, listArrivals, newestTrace } from '../../../db/arrivals.ts'
import type { ClickHouse } from '../../../db/clickhouse.ts'
import { dayMs } from '../../../db/domain/time.ts'
import { requireProject } from '../../access.server.ts'
import { useLive } from '../../components/live-toggle.tsx'
import { Page, type PageHandle } from '../../components/page.tsx'
import { readNewKey } from '../../new-key.server.ts'
import { endpoints } from './endpoints.server.ts'
import { FirstTrace } from './first-trace.tsx'
import { Ledger } from './ledger.tsx'
import { SetUp } from './set-up.tsx'

export const handle: PageHandle = { crumbs: [{ label: 'Data in' }] }
export const meta: MetaFunction = () => [{ title: 'Data in · Davylamp' }]

export async function loader(args: LoaderFunctionArgs) {
  const { services, project } = await requireProject(args)
  const to = new Date()
  const projectId = project.id
  const [arrivals, newest] = await Promise.all([
    listArrivals(services.clickhouse, { projectId, from: new Date(to.getTime() - 7 * dayMs), to }),
    newestTrace(services.clickhouse, {
      projectId,
      from: new Date(to.getTime() - 30 * dayMs),
      to: new Date(to.getTime() + dayMs),
    }),
  ])
  return {
    projectId,
    arrivals,
    newest: newest ?? (await importedTrace(services.clickhouse, projectId, arrivals, to)),
    endpoints: endpoints(services.config),
    newKey: readNewKey(services, args.request, projectId),
    mayChange: project.role === 'owner' || project.role === 'admin',
  }
}

/** Spans that arrived but began long ago: an import. Looked for only when there is nothing newer. */
function importedTrace(clickhouse: ClickHouse, projectId: string, arrivals: Arrival[], to: Date) {
  const stored = arrivals.some(({ item, outcome }) => item === 'spans' && outcome === 'stored')
  return stored ? newestTrace(clickhouse, { projectId, from: new Date(0), to }) : undefined
}

export default function DataIn() {
  const { projectId, arrivals, newest, endpoints, newKey, mayChange } = useLoaderData<typeof loader>()
  useLive(true, newest ? 5_000 : 2_000)
  return (
    <Page title="Data in" lead="Send spans by OTLP, start runs, give feedback. What arrives shows here.">
      <div className="grid gap-4">
        <FirstTrace projectId={projectId} newest={newest} arrivals={arrivals} />
        <SetUp projectId={projectId} endpoints={endpoints} newKey={newKey} mayChange={mayChange} />
        <Ledger arrivals={arrivals} />
      </div>
    </Page>
  )
}
