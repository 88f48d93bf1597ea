import type { LoaderFunctionArgs, MetaFunction } from '@remix-run/node'
import { type ShouldRevalidateFunctionArgs, useLoaderData } from '@remix-run/react'
import { useMemo } from 'react'
import { packRows, unpackRows } from '../../../db/domain/packed-rows.ts'
import { buildSpanTree } from '../../../db/domain/span-tree.ts'
import type { SpanOutline } from '../../../db/trace-spans.ts'
import { notYetFound, requireProject } from '../../access.server.ts'
import type { PageHandle } from '../../components/page.tsx'
import { SpanList } from './span-list.tsx'
import { SpanPanel } from './span-panel.tsx'
import { readTrace, type TraceData } from './trace.server.ts'
import { TraceHeader } from './trace-header.tsx'
import { useChosenSpan } from './use-chosen-span.ts'
import { useGrowth } from './use-growth.ts'

export const handle: PageHandle = {
  crumbs: (_data, params) => [{ label: 'Traces', to: 'traces' }, { label: (params.traceId ?? '').slice(0, 8) }],
}

export const meta: MetaFunction<typeof loader> = ({ data }) => {
  const trace = data?.trace
  return [{ title: `${trace?.workflow || trace?.name || 'Trace'} · Davylamp` }]
}

export async function loader(args: LoaderFunctionArgs) {
  const { services, project } = await requireProject(args)
  const spanId = new URL(args.request.url).searchParams.get('span')
  const data = await readTrace(services.clickhouse, project.id, args.params.traceId ?? '', spanId)
  if (!data) {
    const { retentionDays } = project.settings
    const orGone = retentionDays === null ? '' : `, or is older than the ${retentionDays} days that are kept`
    throw notYetFound(
      `This project has no trace with this id. If it is still on its way, this page shows it as soon as it is here. Otherwise it belongs to another project${orGone}.`,
    )
  }
  const { spans, ...rest } = data
  return { projectId: project.id, ...rest, packedSpans: packRows(spans) }
}

/** Another span of the same trace is fetched on its own. */
export function shouldRevalidate({ currentUrl, nextUrl, defaultShouldRevalidate }: ShouldRevalidateFunctionArgs) {
  const sameTrace = currentUrl.pathname === nextUrl.pathname
  return sameTrace && currentUrl.search !== nextUrl.search ? false : defaultShouldRevalidate
}

export default function Trace() {
  const { packedSpans, ...loaded } = useLoaderData<typeof loader>()
  const spans = useMemo(() => unpackRows<SpanOutline>(packedSpans), [packedSpans])
  const data: TraceData = { ...loaded, spans }
  const tree = useMemo(() => buildSpanTree(spans), [spans])
  const { chosenId, span, choose, loading } = useChosenSpan(data)
  useGrowth(data.projectId, data.growth)
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
