import { CircleCheck } from 'lucide-react'
import type { Arrival, NewestTrace } from '../../../db/arrivals.ts'
import { ButtonLink } from '../../components/button.tsx'
import { whole } from '../../components/format.ts'
import { RelativeTime } from '../../components/relative-time.tsx'

/** Waits for the first span, and then leads to its trace. */
export function FirstTrace({
  projectId,
  newest,
  arrivals,
}: {
  projectId: string
  newest: NewestTrace | undefined
  arrivals: Arrival[]
}) {
  const refused = arrivals.find(({ outcome }) => outcome === 'rejected')
  return (
    <section aria-live="polite" className="rounded-md border border-line bg-surface px-4 py-3">
      {newest ? (
        <div className="flex flex-wrap items-center gap-x-3 gap-y-2">
          <CircleCheck size={18} aria-hidden className="text-good" />
          <p className="min-w-0 flex-1 max-sm:basis-4/5">
            <span className="font-medium">Spans arrive.</span>{' '}
            <span className="text-muted">
              Newest trace: {newest.name || 'its root is still to come'}, {whole(newest.spans)}{' '}
              {newest.spans === 1 ? 'span' : 'spans'}, <RelativeTime at={newest.startMs} />
            </span>
          </p>
          <ButtonLink to={`/p/${projectId}/traces/${newest.traceId}`} look="primary">
            Open the newest trace
          </ButtonLink>
        </div>
      ) : (
        <div className="flex items-center gap-3">
          <span className="pulse-dot size-2.5 shrink-0 rounded-full bg-accent" aria-hidden />
          <p>
            <span className="font-medium">Waiting for your first span.</span>{' '}
            <span className="text-muted">
              {refused
                ? `Something was sent but refused: ${refused.reason || 'no reason was noted'}.`
                : 'Pick a client below, paste, start it. This line turns into a link to the trace.'}
            </span>
          </p>
        </div>
      )}
    </section>
  )
}
