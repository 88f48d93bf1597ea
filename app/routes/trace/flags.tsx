import { Link } from '@remix-run/react'
import type { SpanDetail } from '../../../db/trace-spans.ts'
import { StatusBadge } from '../../components/badge.tsx'

/** The variants that served this span, each leading to the other traces it served. */
export function Flags({ projectId, span }: { projectId: string; span: SpanDetail }) {
  const flags = Object.entries(span.featureFlags)
  if (flags.length === 0) {
    return (
      <p className="px-4 py-6 text-center text-muted">
        No flag was recorded. Set <code>feature_flag.key</code> and <code>feature_flag.result.variant</code> on a span,
        and its trace can be compared by variant.
      </p>
    )
  }
  return (
    <ul className="divide-y divide-line px-4 py-1">
      {flags.map(([key, variant]) => (
        <li key={key} className="flex flex-wrap items-center gap-3 py-2">
          <span className="min-w-0 wrap-anywhere font-mono text-sm">{key}</span>
          <StatusBadge status={variant} />
          <Link
            to={`/p/${projectId}/traces?range=7d&variant=${encodeURIComponent(`${key}=${variant}`)}`}
            className="ml-auto text-muted text-sm hover:text-ink hover:underline"
          >
            Traces it served
          </Link>
        </li>
      ))}
    </ul>
  )
}
