import { Link } from '@remix-run/react'
import { CircleAlert, Diamond, Link2 } from 'lucide-react'
import type { SpanDetail } from '../../../db/trace-spans.ts'
import { duration } from '../../components/format.ts'
import { LongText } from './long-text.tsx'
import { sentFacts } from './span-facts.ts'

/** What happened within the span, in time; exceptions with their stack. */
export function Events({ span }: { span: SpanDetail }) {
  const nothing = span.events.length === 0 && span.links.length === 0 && !span.statusMessage
  return (
    <div className="grid gap-4 px-4 py-3">
      {nothing && <p className="py-3 text-center text-muted">Nothing was recorded within this span.</p>}
      {span.statusMessage && (
        <section className="grid gap-1.5">
          <h3 className="flex items-center gap-1.5 text-bad">
            <CircleAlert size={14} aria-hidden /> Status message
          </h3>
          <LongText text={span.statusMessage} label="status message" mono />
        </section>
      )}
      <ol aria-label="Events" className="grid gap-4">
        {span.events.map((event, at) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: two events may be alike
          <EventView key={at} event={event} startNs={span.startNs} />
        ))}
      </ol>
      {span.droppedEvents > 0 && <p className="text-sm text-warn">The sender dropped {span.droppedEvents} more.</p>}
      {span.links.length > 0 && (
        <section className="grid gap-1.5">
          <h3 className="text-muted text-sm">Links</h3>
          <ul className="grid gap-1">
            {span.links.map(link => (
              <li key={`${link.traceId}/${link.spanId}`} className="flex items-center gap-1.5">
                <Link2 size={13} aria-hidden className="text-muted" />
                <Link
                  to={`../${link.traceId}?span=${link.spanId}`}
                  relative="path"
                  className="font-mono text-sm hover:underline"
                >
                  {link.traceId.slice(0, 8)}… / {link.spanId}
                </Link>
              </li>
            ))}
          </ul>
        </section>
      )}
    </div>
  )
}

function EventView({ event, startNs }: { event: SpanDetail['events'][number]; startNs: string }) {
  const facts = sentFacts(event.attributes)
  const of = (name: string) => facts.find(fact => fact.name === name)?.value
  const exception = event.name === 'exception'
  const stack = of('exception.stacktrace')
  const afterMs = Number(BigInt(event.timeNs) - BigInt(startNs)) / 1e6
  const rest = facts.filter(({ name }) => !(exception && name.startsWith('exception.')))
  return (
    <li className="grid gap-1.5">
      <h3 className="flex flex-wrap items-center gap-x-1.5">
        {exception ? (
          <CircleAlert size={14} aria-hidden className="text-bad" />
        ) : (
          <Diamond size={12} aria-hidden className="text-muted" />
        )}
        <span className="font-medium">{exception ? (of('exception.type') ?? 'exception') : event.name}</span>
        <span className="text-muted text-sm">
          {afterMs >= 0 ? `${duration(afterMs)} in` : `${duration(-afterMs)} before its start`}
        </span>
      </h3>
      {exception && of('exception.message') && <p className="wrap-anywhere text-bad">{of('exception.message')}</p>}
      {stack && <LongText text={stack} label="stack" mono />}
      {rest.length > 0 && (
        <dl className="grid gap-0.5 text-sm">
          {rest.map(({ name, value }) => (
            <div key={name} className="grid gap-x-3 sm:grid-cols-[minmax(8rem,1fr)_2fr]">
              <dt className="wrap-anywhere font-mono text-muted">{name}</dt>
              <dd className="min-w-0 whitespace-pre-wrap font-mono wrap-anywhere">{value}</dd>
            </div>
          ))}
        </dl>
      )}
    </li>
  )
}
