import type { LoaderFunctionArgs, MetaFunction } from '@remix-run/node'
import { type ShouldRevalidateFunctionArgs, useLoaderData } from '@remix-run/react'
import { useMemo } from 'react'
import { buildSpanTree } from '../../../db/domain/span-tree.ts'
import { notFound, requireProject } from '../../access.server.ts'
import { useLive } from '../../components/live-toggle.tsx'
import type { PageHandle } from '../../components/page.tsx'
import { SpanList } from './span-list.tsx'
import { SpanPanel } from './span-panel.tsx'
import { readTrace, type TraceData } from './trace.server.ts'
import { TraceHeader } from './trace-header.tsx'
import { useChosenSpan } from './use-chosen-span.ts'

export const handle: PageHandle = {
  crumbs: (_data, params) => [{ label: 'Traces', to: 'traces' }, { label: (params.traceId ?? '').slice(0, 8) }],
}

export const meta: MetaFunction<typeof loader> = ({ data }) => {
  const trace = data?.trace
  return [{ title: `${trace?.workflow || trace?.name || 'Trace'} · Davylamp` }]
}

export async function loader(args: LoaderFunctionArgs): Promise<TraceData> {
  const { services, project } = await requireProject(args)
  const spanId = new URL(args.request.url).searchParams.get('span')
  const data = await readTrace(services.clickhouse, project.id, args.params.traceId ?? '', spanId)
  if (!data) {
    throw notFound('This project has no trace with this id. It may still be on its way, or belong to another project.')
  }
  return { projectId: project.id, ...data }
}

/** Another span of the same trace is fetched on its own. */
export function shouldRevalidate({ currentUrl, nextUrl, defaultShouldRevalidate }: ShouldRevalidateFunctionArgs) {
  const sameTrace = currentUrl.pathname === nextUrl.pathname
  return sameTrace && currentUrl.search !== nextUrl.search ? false : defaultShouldRevalidate
}

export default function Trace() {
  const data = useLoaderData<typeof loader>() as TraceData
  const tree = useMemo(() => buildSpanTree(data.spans), [data.spans])
  const { chosenId, span, choose, loading } = useChosenSpan(data)
  useLive(data.trace.status === 'running', 2_000)
  return (
    <div className="lg:page-fill">
      <TraceHeader {...data} />
      <div className="flex min-h-0 flex-1 flex-col border-line border-t lg:flex-row">
        <SpanList
          key={data.trace.traceId}
          tree={tree}
          total={data.trace.spans}
          running={data.trace.status === 'running'}
          chosenId={chosenId}
          onChoose={choose}
          className="max-h-[50vh] min-h-40 lg:max-h-none lg:w-[56%]"
        />
        <SpanPanel data={data} span={span} loading={loading} />
      </div>
    </div>
  )
}
