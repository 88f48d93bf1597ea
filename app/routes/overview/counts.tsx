import { Link, useParams, useSearchParams } from '@remix-run/react'
import { classes } from '../../components/classes.ts'
import { count, usd, whole } from '../../components/format.ts'
import { useTracesLink } from './links.ts'
import type { OverviewData } from './overview.server.ts'

/** How much there was, and which arm the page is about. */
export function Counts({ totals, arms, filters }: OverviewData) {
  const link = useTracesLink(filters)
  const { projectId } = useParams()
  const known = totals.costUsd > 0 || totals.unknownCost === 0
  const counts: { label: string; value: string; title?: string; to: string }[] = [
    { label: totals.traces === 1 ? 'trace' : 'traces', value: whole(totals.traces), to: link() },
    { label: totals.runs === 1 ? 'run' : 'runs', value: whole(totals.runs), to: `/p/${projectId}/runs` },
    { label: totals.users === 1 ? 'user' : 'users', value: whole(totals.users), to: link() },
    { label: totals.sessions === 1 ? 'session' : 'sessions', value: whole(totals.sessions), to: link() },
    { label: 'errors', value: whole(totals.error), to: link({ status: ['error'] }) },
    { label: 'tokens in', value: count(totals.inputTokens), title: whole(totals.inputTokens), to: link() },
    { label: 'tokens out', value: count(totals.outputTokens), title: whole(totals.outputTokens), to: link() },
    { label: totals.unknownCost > 0 ? 'known cost' : 'cost', value: usd(known ? totals.costUsd : null), to: link() },
  ]
  return (
    <section
      aria-label="Volume"
      className="flex flex-wrap items-center gap-x-5 gap-y-1.5 rounded-md border border-line bg-surface px-4 py-2"
    >
      <dl className="contents">
        {counts.map(({ label, value, title, to }) => (
          <div key={label} className="flex items-baseline gap-1.5">
            <dt className="order-2 text-muted text-sm">{label}</dt>
            <dd className="font-semibold" title={title}>
              <Link to={to} className="hover:underline">
                {value}
              </Link>
            </dd>
          </div>
        ))}
      </dl>
      <Arms {...arms} />
    </section>
  )
}

/** The two arms are never mixed: this chooses which one the page is about. */
function Arms({ ai, deterministic, serving }: OverviewData['arms']) {
  const [params] = useSearchParams()
  if (ai === 0 || deterministic === 0) {
    return deterministic === 0 ? null : (
      <p className="ml-auto text-deterministic text-sm">all served by the deterministic path</p>
    )
  }
  const to = (value: string) => {
    const next = new URLSearchParams(params)
    next.set('serving', value)
    return `?${next}`
  }
  const choices = [
    { id: 'ai', label: 'AI', traces: ai },
    { id: 'deterministic', label: 'Deterministic', traces: deterministic },
  ]
  return (
    <nav aria-label="Served by" className="ml-auto flex rounded-md border border-line-strong text-sm">
      {choices.map(({ id, label, traces }) => (
        <Link
          key={id}
          to={to(id)}
          preventScrollReset
          aria-current={serving === id || undefined}
          className={classes(
            'px-2 py-1 first:rounded-l-md last:rounded-r-md',
            serving === id ? 'bg-accent-soft font-medium' : 'text-muted hover:bg-hover',
          )}
        >
          {label} <span className="text-muted">{whole(traces)}</span>
        </Link>
      ))}
    </nav>
  )
}
