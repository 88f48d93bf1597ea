import { ArrowRight } from 'lucide-react'
import { StatusBadge } from '../../components/badge.tsx'
import { whole } from '../../components/format.ts'
import { RelativeTime } from '../../components/relative-time.tsx'
import type { Tried } from './tools.server.ts'

/** What a rule would make of the last results, those that it changes marked. */
export function TriedResults({ tried }: { tried: Tried }) {
  const changed = tried.filter(({ before, after }) => before !== after).length
  return (
    <section aria-label="The last results" className="mt-4 grid gap-2">
      <p role="status">
        {tried.length === 0
          ? 'This tool returned nothing in the last 30 days that could be tried.'
          : `${changed} of the last ${tried.length} results would be judged otherwise.`}
      </p>
      <ul
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a frame that scrolls must be reachable from the keyboard
        tabIndex={0}
        className="grid max-h-72 overflow-y-auto rounded-md border border-line"
      >
        {tried.map(({ spanId, before, after, result, length, atMs }) => (
          <li key={spanId} className="grid gap-1 border-line/60 border-t px-3 py-2 first:border-t-0">
            <p className="flex flex-wrap items-center gap-1.5 text-sm">
              <StatusBadge status={before} />
              {before !== after && (
                <>
                  <ArrowRight size={12} aria-label="would be" /> <StatusBadge status={after} />
                </>
              )}
              <RelativeTime at={atMs} className="ml-auto text-muted" />
            </p>
            <pre className="overflow-hidden whitespace-pre-wrap break-all text-muted text-sm">
              {result === '' ? 'nothing' : result}
              {length > result.length && ` … ${whole(length)} characters`}
            </pre>
          </li>
        ))}
      </ul>
    </section>
  )
}
