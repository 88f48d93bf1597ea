import type { LoaderFunctionArgs, MetaFunction } from '@remix-run/node'
import { type ShouldRevalidateFunctionArgs, useLoaderData, useNavigate, useSearchParams } from '@remix-run/react'
import { bucketSeconds, readRange } from '../../../db/domain/time.ts'
import { readFilters } from '../../../db/domain/trace-filters.ts'
import { listTraces, type TraceSummary } from '../../../db/traces.ts'
import { hasTraces, volumeSeries } from '../../../db/volume.ts'
import { requireProject } from '../../access.server.ts'
import { classes } from '../../components/classes.ts'
import { DataTable } from '../../components/data-table.tsx'
import { whole } from '../../components/format.ts'
import type { PageHandle } from '../../components/page.tsx'
import { columns } from './columns.tsx'
import { FilterBar } from './filter-bar.tsx'
import { Histogram } from './histogram.tsx'
import { NoTraces } from './no-traces.tsx'
import { pageSize } from './page-size.ts'
import { Peek } from './peek.tsx'
import { listQuery, useOlderTraces } from './use-older-traces.ts'
import { usePageKeys } from './use-page-keys.ts'

export const handle: PageHandle = { crumbs: [{ label: 'Traces', to: 'traces' }], range: true, live: true }
export const meta: MetaFunction = () => [{ title: 'Traces · Davylamp' }]

export async function loader(args: LoaderFunctionArgs) {
  const { services, project } = await requireProject(args)
  const params = new URL(args.request.url).searchParams
  const range = readRange(params, new Date())
  const set = { projectId: project.id, ...range, filters: readFilters(params) }
  const seconds = bucketSeconds(range, 96)
  const [page, volume, seen] = await Promise.all([
    listTraces(services.clickhouse, set, { limit: pageSize, signal: args.request.signal }),
    volumeSeries(services.clickhouse, set, seconds),
    hasTraces(services.clickhouse, project.id),
  ])
  return { projectId: project.id, page, volume, bucketSeconds: seconds, seen }
}

/** Opening and closing the side panel asks for nothing again. */
export function shouldRevalidate({ currentUrl, nextUrl, defaultShouldRevalidate }: ShouldRevalidateFunctionArgs) {
  const same = listQuery(currentUrl.searchParams) === listQuery(nextUrl.searchParams)
  return same && currentUrl.search !== nextUrl.search ? false : defaultShouldRevalidate
}

export default function Traces() {
  const { projectId, page, volume, bucketSeconds, seen } = useLoaderData<typeof loader>()
  const { rows, loadMore, loading } = useOlderTraces(page)
  const [params, setParams] = useSearchParams()
  const navigate = useNavigate()
  const peek = params.get('peek') ?? undefined
  const open = (trace: TraceSummary) => navigate(`/p/${projectId}/traces/${trace.traceId}`)
  const setPeek = (traceId: string | undefined) =>
    setParams(
      now => {
        if (traceId) now.set('peek', traceId)
        else now.delete('peek')
        return now
      },
      { preventScrollReset: true, replace: true },
    )
  const onPeek = (trace: TraceSummary) => {
    // The panel needs room beside the table; without it a click opens the page.
    if (window.matchMedia('(width < 64rem)').matches) open(trace)
    else setPeek(trace.traceId === peek ? undefined : trace.traceId)
  }
  usePageKeys(key => {
    if (key === 'j' || key === 'k') focusOn('[role=grid] [data-row]')
    else if (key === '/') focusOn('input[type=search]')
    else if (key === 'Escape' && peek) setPeek(undefined)
    else return false
    return true
  })
  const total = volume.reduce((sum, point) => sum + point.traces, 0)
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: Escape closes the panel from wherever the focus is
    <div className="page-fill" onKeyDown={event => event.key === 'Escape' && peek && setPeek(undefined)}>
      <header className={classes('grid gap-2 px-4 pt-3', total === 0 && 'pb-2.5')}>
        <div className="flex flex-wrap items-baseline gap-x-3">
          <h1 className="font-semibold text-xl">Traces</h1>
          <p role="status" className="text-muted">
            {whole(total)} {total === 1 ? 'trace' : 'traces'} in this window
          </p>
        </div>
        <FilterBar search />
        {total > 0 && <Histogram volume={volume} bucketSeconds={bucketSeconds} />}
      </header>
      <div className="flex min-h-0 flex-1 border-line border-t">
        <DataTable
          label="Traces"
          className="min-w-0 flex-1"
          columns={columns}
          rows={rows}
          rowKey={trace => trace.traceId}
          onOpen={open}
          onPeek={onPeek}
          selected={peek}
          onEnd={loadMore}
          loadingMore={loading}
          empty={<NoTraces seen={seen} />}
        />
        {peek && <Peek key={peek} projectId={projectId} traceId={peek} onClose={() => setPeek(undefined)} />}
      </div>
    </div>
  )
}

const focusOn = (selector: string) => document.querySelector<HTMLElement>(`#main ${selector}`)?.focus()
