import { useFetcher } from '@remix-run/react'
import { CircleCheck, LoaderCircle } from 'lucide-react'
import { useEffect, useRef } from 'react'
import type { Effect } from '../../../db/flag-processes.ts'
import { duration } from '../../components/format.ts'
import { RelativeTime } from '../../components/relative-time.tsx'
import { Tooltip } from '../../components/tooltip.tsx'

const watchMs = 300
const longestWatchMs = 20_000

/** Where the last change is in effect, and how long that took; looks again until every process has it. */
export function EffectLine({ at, first, changedAt }: { at: string; first: Effect; changedAt: Date | undefined }) {
  const effect = useWatched(at, first)
  const { processes, reached, slowestMs, runs } = effect
  const all = processes.length
  const waiting = processes.filter(({ afterMs }) => afterMs === null)
  if (all === 0)
    return (
      <p className="text-muted text-sm">
        In effect since the processes were started.
        {changedAt && (
          <>
            {' '}
            Changed <RelativeTime at={changedAt} />.
          </>
        )}
      </p>
    )
  const Icon = waiting.length === 0 ? CircleCheck : LoaderCircle
  return (
    <p role="status" className="flex flex-wrap items-center gap-x-1.5 text-sm">
      <Icon size={14} aria-hidden className={waiting.length === 0 ? 'text-good' : 'pulse-dot text-warn'} />
      <Tooltip text={processes.map(told).join(' · ')}>
        <button type="button" className="underline decoration-dotted underline-offset-2">
          In effect on {reached} of {all} {all === 1 ? 'process' : 'processes'}
        </button>
      </Tooltip>
      {slowestMs !== undefined && <span>after {duration(slowestMs)}</span>}
      {runs > 0 && (
        <span>
          · stopped the model calls of {runs} {runs === 1 ? 'run' : 'runs'}
        </span>
      )}
      {changedAt && (
        <span className="text-muted">
          · changed <RelativeTime at={changedAt} />
        </span>
      )}
    </p>
  )
}

const told = ({ name, roles, afterMs }: Effect['processes'][number]) =>
  `${name} (${roles.join(' ')}): ${afterMs === null ? 'not yet' : duration(afterMs)}`

function useWatched(at: string, first: Effect): Effect {
  const { load, data } = useFetcher<Effect>()
  const look = useRef(load)
  look.current = load
  const effect = data && data.version >= first.version ? data : first
  const done = effect.reached === effect.processes.length
  useEffect(() => {
    if (done) return
    const began = Date.now()
    const timer = setInterval(() => {
      if (Date.now() - began > longestWatchMs) clearInterval(timer)
      else look.current(at)
    }, watchMs)
    return () => clearInterval(timer)
  }, [at, done])
  return effect
}
