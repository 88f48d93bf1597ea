import { type ActionFunctionArgs, data, type LoaderFunctionArgs, type MetaFunction } from '@remix-run/node'
import { Outlet, type ShouldRevalidateFunctionArgs, useLoaderData, useParams } from '@remix-run/react'
import { z } from 'zod'
import { inboxRange, inboxShows, inboxStates } from '../../../db/domain/inbox.ts'
import { readRange } from '../../../db/domain/time.ts'
import { readFilters } from '../../../db/domain/trace-filters.ts'
import { markDone, readInbox, reopen } from '../../../db/inbox.ts'
import { hasTraces } from '../../../db/volume.ts'
import { requireProject } from '../../access.server.ts'
import { classes } from '../../components/classes.ts'
import { whole } from '../../components/format.ts'
import type { PageHandle } from '../../components/page.tsx'
import { FilterBar } from '../traces/filter-bar.tsx'
import { InboxList } from './list.tsx'
import { NothingWaits } from './nothing-waits.tsx'
import { StateTabs } from './state-tabs.tsx'
import { useTriage } from './use-triage.ts'

export const handle: PageHandle = { crumbs: [{ label: 'Inbox', to: 'inbox' }] }
export const meta: MetaFunction = () => [{ title: 'Inbox · Davylamp' }]

export async function loader(args: LoaderFunctionArgs) {
  const { services, project } = await requireProject(args)
  const params = new URL(args.request.url).searchParams
  const range = readRange(params, new Date(), inboxRange)
  const state = inboxStates.find(known => known === params.get('state')) ?? 'open'
  const set = { projectId: project.id, ...range, filters: readFilters(params) }
  const [items, seen] = await Promise.all([readInbox(services, set, state), hasTraces(services.clickhouse, project.id)])
  return { projectId: project.id, state, items, seen, mayMark: project.role !== 'viewer' }
}

const change = z.object({ intent: z.enum(['done', 'open']), traceId: z.string().regex(/^[0-9a-f]{32}$/) })

export async function action(args: ActionFunctionArgs) {
  const { services, user, project } = await requireProject(args)
  if (project.role === 'viewer') throw data({ message: 'A viewer may look, but not mark.' }, { status: 403 })
  const form = change.safeParse(Object.fromEntries(await args.request.formData()))
  if (!form.success) throw data({ message: 'This is no trace that could be marked.' }, { status: 400 })
  const traces = { projectId: project.id, traceIds: [form.data.traceId] }
  if (form.data.intent === 'open') await reopen(services.postgres, traces)
  else await markDone(services.postgres, { ...traces, userId: user.id })
  return { ok: true }
}

/** Another trace of the same list asks for the list again only when one was marked. */
export function shouldRevalidate({
  currentUrl,
  nextUrl,
  formMethod,
  defaultShouldRevalidate,
}: ShouldRevalidateFunctionArgs) {
  const moved = currentUrl.pathname !== nextUrl.pathname && currentUrl.search === nextUrl.search
  return moved && formMethod === undefined ? false : defaultShouldRevalidate
}

export default function Inbox() {
  const { projectId, state, items, seen, mayMark } = useLoaderData<typeof loader>()
  const { traceId } = useParams()
  const triage = useTriage({ projectId, items, state, chosen: traceId })
  const { shown } = triage
  return (
    <div className="page-fill">
      <header className="grid gap-2 px-4 pt-3 pb-2">
        <div className="flex flex-wrap items-baseline gap-x-3">
          <h1 className="font-semibold text-xl">Inbox</h1>
          <p role="status" className="text-muted">
            {shown.length >= inboxShows ? `the newest ${whole(inboxShows)}` : whole(shown.length)}{' '}
            {state === 'open' ? 'open' : state === 'done' ? 'done' : ''}
          </p>
        </div>
        <div className="flex flex-wrap items-center gap-2">
          <StateTabs state={state} />
          <FilterBar />
        </div>
      </header>
      <div className="flex min-h-0 flex-1 border-line border-t">
        <section
          aria-label="Negative feedback"
          className={classes(
            'min-w-0 flex-1 overflow-y-auto lg:max-w-md lg:border-line lg:border-r',
            traceId && 'max-lg:hidden',
          )}
        >
          {shown.length === 0 ? (
            <NothingWaits state={state} seen={seen} />
          ) : (
            <InboxList items={shown} chosen={traceId} hrefOf={triage.hrefOf} />
          )}
        </section>
        <div className={classes('min-w-0 flex-1', !traceId && 'max-lg:hidden')}>
          <Outlet context={{ ...triage, mayMark }} />
        </div>
      </div>
    </div>
  )
}
