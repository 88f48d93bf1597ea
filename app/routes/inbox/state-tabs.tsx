import { Link, useParams, useSearchParams } from '@remix-run/react'
import { type InboxState, inboxStates } from '../../../db/domain/inbox.ts'
import { classes } from '../../components/classes.ts'

const labels: Record<InboxState, string> = { open: 'Open', done: 'Done', all: 'All' }

/** Which part of the inbox is listed; in the URL. */
export function StateTabs({ state }: { state: InboxState }) {
  const { projectId } = useParams()
  const [params] = useSearchParams()
  const to = (value: InboxState) => {
    const next = new URLSearchParams(params)
    if (value === 'open') next.delete('state')
    else next.set('state', value)
    return `/p/${projectId}/inbox?${next}`
  }
  return (
    <nav aria-label="State" className="flex rounded-md border border-line-strong text-sm">
      {inboxStates.map(value => (
        <Link
          key={value}
          to={to(value)}
          aria-current={value === state || undefined}
          className={classes(
            'px-2.5 py-1 first:rounded-l-md last:rounded-r-md',
            value === state ? 'bg-accent-soft font-medium' : 'text-muted hover:bg-hover',
          )}
        >
          {labels[value]}
        </Link>
      ))}
    </nav>
  )
}
