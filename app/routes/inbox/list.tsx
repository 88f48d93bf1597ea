import { Link } from '@remix-run/react'
import { Check, ThumbsDown } from 'lucide-react'
import { useEffect, useRef } from 'react'
import { snippet } from '../../../db/domain/snippet.ts'
import type { InboxItem } from '../../../db/inbox.ts'
import { StatusBadge } from '../../components/badge.tsx'
import { classes } from '../../components/classes.ts'
import { negativeWords } from '../../components/negative-words.ts'
import { RelativeTime } from '../../components/relative-time.tsx'

/** A line for what was said, one for who and where, one for what was asked. */
export function InboxList({
  items,
  chosen,
  hrefOf,
}: {
  items: InboxItem[]
  chosen: string | undefined
  hrefOf: (traceId: string) => string
}) {
  const list = useRef<HTMLUListElement>(null)
  // biome-ignore lint/correctness/useExhaustiveDependencies: the chosen one is brought into view when it changes
  useEffect(() => {
    list.current?.querySelector('[aria-current=true]')?.scrollIntoView({ block: 'nearest' })
  }, [chosen])
  return (
    <ul ref={list} className="divide-y divide-line/60">
      {items.map(item => {
        const current = item.traceId === chosen
        return (
          <li key={item.traceId} className="[content-visibility:auto] [contain-intrinsic-size:auto_76px]">
            <Link
              to={hrefOf(item.traceId)}
              preventScrollReset
              aria-current={current || undefined}
              className={classes(
                'grid grid-cols-[auto_minmax(0,1fr)] gap-x-2.5 px-4 py-2.5 focus-visible:-outline-offset-2',
                current ? 'bg-accent-soft' : 'hover:bg-hover',
              )}
            >
              {item.done ? (
                <Check size={14} role="img" aria-label="done" className="mt-0.5 text-good" />
              ) : (
                <ThumbsDown size={14} role="img" aria-label="negative" className="mt-0.5 text-bad" />
              )}
              <span className="grid grid-cols-1 gap-0.5">
                <span className="flex items-baseline gap-2">
                  <span className="min-w-0 flex-1 truncate font-medium">
                    {item.comment ? `“${item.comment}”` : negativeWords(item.kind)}
                  </span>
                  <span className="shrink-0 text-muted text-sm">
                    <RelativeTime at={item.saidMs} />
                  </span>
                </span>
                <span className="truncate text-muted text-sm">
                  {item.workflow || item.name || 'trace'}
                  {item.workflowVersion && ` v${item.workflowVersion}`}
                  {item.userId && ` · ${item.userId}`}
                  {item.signals > 1 && ` · ${item.signals} complaints`}
                </span>
                <span className="truncate text-sm">{snippet(item.input, 'user')}</span>
                <Faults item={item} />
              </span>
            </Link>
          </li>
        )
      })}
    </ul>
  )
}

function Faults({ item: { status, toolsFailed, toolsEmpty } }: { item: InboxItem }) {
  if (status !== 'error' && toolsFailed === 0 && toolsEmpty === 0) return null
  return (
    <span className="flex flex-wrap gap-1 pt-0.5">
      {status === 'error' && <StatusBadge status="error" />}
      {toolsFailed > 0 && <StatusBadge status="failed">tool failed</StatusBadge>}
      {toolsEmpty > 0 && <StatusBadge status="empty">tool came back empty</StatusBadge>}
    </span>
  )
}
