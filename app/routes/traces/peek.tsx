import { Link, useFetcher } from '@remix-run/react'
import { ExternalLink, X } from 'lucide-react'
import { useEffect, useMemo } from 'react'
import { unpackRows } from '../../../db/domain/packed-rows.ts'
import type { SpanOutline } from '../../../db/trace-spans.ts'
import { ButtonLink, IconButton } from '../../components/button.tsx'
import type { loader } from '../trace/route.tsx'
import { TraceBrief } from '../trace/trace-brief.tsx'

/** A trace in brief beside the list: what was asked and answered, what people said, what the tools did. */
export function Peek({ projectId, traceId, onClose }: { projectId: string; traceId: string; onClose: () => void }) {
  const { load, data } = useFetcher<typeof loader>()
  useEffect(() => load(`/p/${projectId}/traces/${traceId}`), [load, projectId, traceId])
  const spans = useMemo(() => (data ? unpackRows<SpanOutline>(data.packedSpans) : []), [data])
  return (
    <aside
      aria-label="Trace in brief"
      className="hidden w-[min(520px,42vw)] shrink-0 flex-col border-line border-l bg-surface lg:flex"
    >
      <header className="flex items-center gap-2 border-line border-b py-1.5 pr-2 pl-4">
        <h2 className="min-w-0 flex-1 truncate font-semibold">
          <Link to={traceId} className="hover:underline">
            {data ? data.trace.workflow || data.trace.name || 'Trace' : 'Trace'}
          </Link>
        </h2>
        <ButtonLink size="sm" icon={ExternalLink} to={traceId}>
          Open
        </ButtonLink>
        <IconButton size="sm" icon={X} label="Close" keys="Esc" onClick={onClose} />
      </header>
      <div aria-busy={!data} className="min-h-0 flex-1 overflow-y-auto">
        {data && <TraceBrief {...data} spans={spans} />}
      </div>
    </aside>
  )
}
