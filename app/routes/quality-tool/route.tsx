import type { LoaderFunctionArgs, MetaFunction } from '@remix-run/node'
import { useLoaderData } from '@remix-run/react'
import { Wrench } from 'lucide-react'
import { notFound, requireProject } from '../../access.server.ts'
import { ButtonLink } from '../../components/button.tsx'
import { Page, type PageHandle } from '../../components/page.tsx'
import { EmptyState } from '../../components/states.tsx'
import { useQualityLink } from '../quality/links.ts'
import { readTool } from '../quality/tools.server.ts'
import { weeksBack, windowWords } from '../quality/window-words.ts'
import { Calls } from './calls.tsx'
import { Errors } from './errors.tsx'
import { ToolCharts, ToolFigures } from './figures.tsx'

export const handle: PageHandle = {
  crumbs: data => [
    { label: 'Quality', to: 'quality' },
    { label: 'Tools', to: 'quality/tools' },
    { label: (data as { name?: string } | undefined)?.name ?? 'Tool' },
  ],
  range: { fallback: '7d' },
}
export const meta: MetaFunction<typeof loader> = ({ data }) => [{ title: `${data?.name ?? 'Tool'} · Davylamp` }]

export async function loader(args: LoaderFunctionArgs) {
  const { services, project } = await requireProject(args)
  const params = new URL(args.request.url).searchParams
  if (!params.get('tool')) throw notFound('Which tool? Its name is missing in the address: choose one under Tools.')
  return { projectId: project.id, ...(await readTool(services.clickhouse, project.id, params, new Date())) }
}

export default function Tool() {
  const data = useLoaderData<typeof loader>()
  const link = useQualityLink()
  const back = <ButtonLink to={link('tools', { tool: undefined })}>All tools</ButtonLink>
  if (!data.tool) {
    return (
      <Page title={data.name}>
        <EmptyState icon={Wrench} title="Not called in this window" actions={back}>
          No trace of this window called a tool of this name. Choose a longer window above.
        </EmptyState>
      </Page>
    )
  }
  return (
    <Page
      title={data.name}
      lead={`This tool’s own calls, against the same days ${weeksBack(data.fromMs, data.beforeFromMs)}: ${windowWords(data.beforeFromMs, data.beforeToMs)}.`}
      actions={back}
    >
      <div className="grid gap-3">
        <ToolFigures {...data} tool={data.tool} />
        <ToolCharts {...data} />
        <Errors {...data} />
        <Calls {...data} />
      </div>
    </Page>
  )
}
