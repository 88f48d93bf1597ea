import type { LoaderFunctionArgs, MetaFunction } from '@remix-run/node'
import { useLoaderData } from '@remix-run/react'
import { Activity } from 'lucide-react'
import { requireProject } from '../../access.server.ts'
import { ButtonLink } from '../../components/button.tsx'
import { Page, type PageHandle } from '../../components/page.tsx'
import { EmptyState } from '../../components/states.tsx'
import { FilterBar } from '../traces/filter-bar.tsx'
import { Breakdown } from './breakdown.tsx'
import { QualityCards } from './cards.tsx'
import { Chosen } from './chosen.tsx'
import { readQuality } from './quality.server.ts'
import { QualityTabs } from './tabs.tsx'
import { weeksBack, windowWords } from './window-words.ts'

export const handle: PageHandle = { crumbs: [{ label: 'Quality', to: 'quality' }], range: { fallback: '7d' } }
export const meta: MetaFunction = () => [{ title: 'Quality · Davylamp' }]

export async function loader(args: LoaderFunctionArgs) {
  const { services, project } = await requireProject(args)
  const params = new URL(args.request.url).searchParams
  return { projectId: project.id, ...(await readQuality(services.clickhouse, project.id, params, new Date())) }
}

export default function Quality() {
  const data = useLoaderData<typeof loader>()
  if (!data.seen) return <NothingYet projectId={data.projectId} />
  return (
    <Page
      title="Quality"
      lead={`Against the same days ${weeksBack(data.fromMs, data.beforeFromMs)}: ${windowWords(data.beforeFromMs, data.beforeToMs)}.`}
      actions={<FilterBar />}
    >
      <QualityTabs />
      <div className="grid gap-3">
        <QualityCards {...data} />
        <Chosen {...data} />
        <Breakdown {...data} />
      </div>
    </Page>
  )
}

/** Before any data: what will be here, and the next step. */
export function NothingYet({ projectId }: { projectId: string }) {
  return (
    <Page title="Quality">
      <EmptyState
        icon={Activity}
        title="No data yet"
        actions={
          <ButtonLink to={`/p/${projectId}/data-in`} look="primary">
            Send your first trace
          </ButtonLink>
        }
      >
        Feedback, completion, tools, latency and cost of your traces are compared here with the weeks before, with
        intervals that tell a change from noise.
      </EmptyState>
    </Page>
  )
}
