import { ChevronRight, CircleCheck } from 'lucide-react'
import type { Arrival } from '../../../db/arrivals.ts'
import type { KeptReject } from '../../../db/rejects.ts'
import { Badge } from '../../components/badge.tsx'
import { CodeBlock } from '../../components/code-block.tsx'
import { whole } from '../../components/format.ts'
import { Panel } from '../../components/page.tsx'
import { RelativeTime } from '../../components/relative-time.tsx'
import { type RejectSeen, withSamples } from './seen.ts'

/** What was refused: spans alone, or whole requests of a known key; when, by whom, why, and what it looked like. */
export function Rejects({ arrivals, kept }: { arrivals: Arrival[]; kept: KeptReject[] }) {
  if (arrivals.length === 0) return null
  const rejects = withSamples(arrivals, kept)
  return (
    <Panel title="Rejected" lead="With the newest sample of each kind, as text." flush>
      {rejects.length === 0 ? (
        <p className="flex items-center gap-2 border-line border-t px-4 py-3 text-muted">
          <CircleCheck size={16} aria-hidden className="text-good" /> Nothing was rejected in this window.
        </p>
      ) : (
        <ul>
          {rejects.map(reject => (
            <Reject key={`${reject.item}/${reject.reason}/${reject.client}`} {...reject} />
          ))}
        </ul>
      )}
    </Panel>
  )
}

function Reject({ item, reason, client, count, lastAtMs, detail, sample }: RejectSeen) {
  const line = (
    <>
      <Badge tone="bad">
        {whole(count)} {count === 1 ? item.replace(/s$/, '') : item}
      </Badge>
      <span className="min-w-0 flex-1 font-medium max-sm:basis-4/5">{reason || 'no reason was noted'}</span>
      <span className="break-all font-mono text-muted text-sm">{client || 'a client without a name'}</span>
      <RelativeTime at={lastAtMs} className="text-muted text-sm" />
    </>
  )
  const frame = 'flex flex-wrap items-center gap-x-3 gap-y-1 px-4 py-2'
  if (!detail && !sample) return <li className={`border-line/60 border-t ${frame} pl-10`}>{line}</li>
  return (
    <li className="border-line/60 border-t">
      <details className="group/reject">
        <summary className={`cursor-pointer list-none hover:bg-hover ${frame}`}>
          <ChevronRight size={14} aria-hidden className="shrink-0 text-faint group-open/reject:rotate-90" />
          {line}
        </summary>
        <div className="grid gap-2 px-4 pb-3 pl-10">
          <p className="wrap-anywhere text-muted">{detail}</p>
          {sample && <CodeBlock label="Sample" text={sample} fold={320} />}
        </div>
      </details>
    </li>
  )
}
