import type { LoaderFunctionArgs } from '@remix-run/node'
import { Link, type ShouldRevalidateFunctionArgs, useLoaderData, useLocation } from '@remix-run/react'
import { ArrowDown, ArrowLeft, ArrowUp, Check, ExternalLink, RotateCcw } from 'lucide-react'
import { inboxRange } from '../../../db/domain/inbox.ts'
import { notFound, requireProject } from '../../access.server.ts'
import { Button, ButtonLink, IconButton } from '../../components/button.tsx'
import type { PageHandle } from '../../components/page.tsx'
import { RelativeTime } from '../../components/relative-time.tsx'
import { useTriageContext } from '../inbox/use-triage.ts'
import { readTrace, type TraceData } from '../trace/trace.server.ts'
import { TraceBrief } from '../trace/trace-brief.tsx'

export const handle: PageHandle = {
  crumbs: (_data, params) => [{ label: (params.traceId ?? '').slice(0, 8) }],
  range: { fallback: inboxRange },
  live: { everyMs: 10_000 },
}

export async function loader(args: LoaderFunctionArgs): Promise<TraceData> {
  const { services, project } = await requireProject(args)
  const data = await readTrace(services.clickhouse, project.id, args.params.traceId ?? '', null)
  if (!data) throw notFound('This project has no trace with this id.')
  return { projectId: project.id, ...data }
}

/** Marking a trace changes nothing of what it says. */
export function shouldRevalidate({ formMethod, defaultShouldRevalidate }: ShouldRevalidateFunctionArgs) {
  return formMethod === undefined ? defaultShouldRevalidate : false
}

/** The chosen complaint: the trace in brief, and what can be done with it. */
export default function InboxTrace() {
  const data = useLoaderData<typeof loader>() as TraceData
  const { projectId, trace } = data
  const { search } = useLocation()
  const { item, mark, move, mayMark, position } = useTriageContext()
  return (
    <article aria-label="Trace in brief" className="flex h-full flex-col bg-surface">
      <header className="flex flex-wrap items-center gap-2 border-line border-b px-4 py-1.5">
        <Link to={`/p/${projectId}/inbox${search}`} aria-label="Back to the list" className="text-muted lg:hidden">
          <ArrowLeft size={16} aria-hidden />
        </Link>
        <h2 className="min-w-0 flex-1 truncate font-semibold">
          {trace.workflow || trace.name || 'Trace'}
          {trace.workflowVersion && <span className="font-normal text-muted"> v{trace.workflowVersion}</span>}
        </h2>
        {position && <span className="text-muted text-sm">{position}</span>}
        <IconButton size="sm" icon={ArrowUp} label="Newer" keys="k" onClick={() => move(-1)} />
        <IconButton size="sm" icon={ArrowDown} label="Older" keys="j" onClick={() => move(1)} />
        <ButtonLink size="sm" icon={ExternalLink} to={`/p/${projectId}/traces/${trace.traceId}`}>
          Open trace
        </ButtonLink>
        {mayMark && item?.done && (
          <Button size="sm" icon={RotateCcw} title="u" onClick={() => mark('open')}>
            Open again
          </Button>
        )}
        {mayMark && !item?.done && (
          <Button size="sm" look="primary" icon={Check} title="e" onClick={() => mark('done')}>
            Done
          </Button>
        )}
      </header>
      {item?.done && (
        <p className="border-line border-b bg-sunken px-4 py-1.5 text-muted text-sm">
          {item.done.by} dealt with it <RelativeTime at={item.done.atMs} />.
        </p>
      )}
      <div className="min-h-0 flex-1 overflow-y-auto">
        <TraceBrief {...data} />
        <Around {...data} />
      </div>
    </article>
  )
}

/** What else this person did, and who fared likewise. */
function Around({ projectId, trace, turns }: TraceData) {
  const traces = (filters: Record<string, string>) =>
    `/p/${projectId}/traces?${new URLSearchParams({ range: '30d', ...filters })}`
  const links = [
    trace.sessionId &&
      turns.length > 1 && { to: traces({ session: trace.sessionId }), text: `The session’s ${turns.length} traces` },
    trace.userId && { to: traces({ user: trace.userId }), text: `All traces of ${trace.userId}` },
    trace.workflow && {
      to: traces({ feedback: 'negative', workflow: trace.workflow }),
      text: `Complaints about ${trace.workflow}`,
    },
    trace.toolsFailed > 0 && {
      to: traces({ tool_outcome: 'failed', feedback: 'negative' }),
      text: 'Complaints after a failed tool',
    },
    trace.toolsEmpty > 0 && {
      to: traces({ tool_outcome: 'empty', feedback: 'negative' }),
      text: 'Complaints after an empty result',
    },
  ].filter(link => !!link)
  if (links.length === 0) return null
  return (
    <nav
      aria-label="Around it"
      className="flex flex-wrap gap-x-4 gap-y-1 wrap-anywhere border-line border-t px-4 py-3 text-sm"
    >
      {links.map(({ to, text }) => (
        <Link key={to} to={to} className="underline decoration-line-strong underline-offset-2 hover:decoration-current">
          {text}
        </Link>
      ))}
    </nav>
  )
}
