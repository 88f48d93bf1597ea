import type { LoaderFunctionArgs, MetaFunction } from '@remix-run/node'
import { useLoaderData } from '@remix-run/react'
import { Wrench } from 'lucide-react'
import { requireProject } from '../../access.server.ts'
import { Page, type PageHandle } from '../../components/page.tsx'
import { EmptyState } from '../../components/states.tsx'
import { NothingYet } from '../quality/route.tsx'
import { QualityTabs } from '../quality/tabs.tsx'
import { readTools } from '../quality/tools.server.ts'
import { weeksBack, windowWords } from '../quality/window-words.ts'
import { FilterBar } from '../traces/filter-bar.tsx'
import { ToolTable } from './tool-table.tsx'

export const handle: PageHandle = {
  crumbs: [{ label: 'Quality', to: 'quality' }, { label: 'Tools' }],
  range: { fallback: '7d' },
}
export const meta: MetaFunction = () => [{ title: 'Tools · Davylamp' }]

export async function loader(args: LoaderFunctionArgs) {
  const { services, project } = await requireProject(args)
  const params = new URL(args.request.url).searchParams
  return { projectId: project.id, ...(await readTools(services.clickhouse, project.id, params, new Date())) }
}

export default function Tools() {
  const data = useLoaderData<typeof loader>()
  if (!data.seen) return <NothingYet projectId={data.projectId} />
  return (
    <Page
      title="Tools"
      lead={`Each tool’s own calls, against the same days ${weeksBack(data.fromMs, data.beforeFromMs)}: ${windowWords(data.beforeFromMs, data.beforeToMs)}.`}
      actions={<FilterBar />}
    >
      <QualityTabs />
      {data.tools.length === 0 ? (
        <EmptyState icon={Wrench} title="No tool was called in this window">
          A span of kind tool is a tool call: send <code>gen_ai.operation.name = execute_tool</code> with{' '}
          <code>gen_ai.tool.name</code>, or choose a longer window.
        </EmptyState>
      ) : (
        <ToolTable {...data} />
      )}
    </Page>
  )
}
