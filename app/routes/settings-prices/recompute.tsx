import { useFetcher } from '@remix-run/react'
import { useState } from 'react'
import { minute } from '../../../db/domain/moment.ts'
import type { ShownRecompute } from '../../../db/recompute-jobs.ts'
import { Button } from '../../components/button.tsx'
import { nanoUsd, whole } from '../../components/format.ts'
import { Panel } from '../../components/page.tsx'
import { RelativeTime } from '../../components/relative-time.tsx'
import { Select } from '../../components/select.tsx'
import type { Preview } from './change-prices.server.ts'
import type { action } from './route.tsx'
import { windows } from './shown.ts'

/** Computes the costs of earlier calls again by the prices of now: what would change first, then the work itself. */
export function Recompute({ recomputes, mayChange }: { recomputes: ShownRecompute[]; mayChange: boolean }) {
  const fetcher = useFetcher<typeof action>()
  const [days, setDays] = useState('30')
  const submit = (intent: string) => fetcher.submit({ intent, days }, { method: 'post', action: '?' })
  const preview = fetcher.data?.preview
  const underWay = recomputes[0]?.status === 'queued' || recomputes[0]?.status === 'running'
  const busy = fetcher.state !== 'idle'
  const error = fetcher.data?.errors?.form ?? fetcher.data?.errors?.days
  return (
    <Panel
      title="Compute costs again"
      lead="A change of prices holds for calls from then on. Here the costs of earlier calls follow; those that a client gave stay."
    >
      {mayChange && (
        <div className="flex flex-wrap items-center gap-2">
          <Select label="Window" options={windows} value={days} onChange={setDays} />
          <Button onClick={() => submit('preview')} busy={busy}>
            See what would change
          </Button>
          {preview && String(preview.days) === days && preview.changed > 0 && !underWay && (
            <Button look="primary" onClick={() => submit('recompute')} busy={busy}>
              Compute again
            </Button>
          )}
        </div>
      )}
      <div role="status" className="mt-2">
        {error && <p className="text-bad">{error}</p>}
        {preview && String(preview.days) === days && <p>{sentence(preview)}</p>}
      </div>
      {recomputes.length > 0 && (
        <ul className="mt-3 grid gap-2">
          {recomputes.map(job => (
            <Job key={job.id} job={job} />
          ))}
        </ul>
      )}
    </Panel>
  )
}

function sentence({ spans, changed, changeNanoUsd, unknownBefore, unknownAfter }: Preview): string {
  const priced = `${whole(spans)} ${spans === 1 ? 'call' : 'calls'} whose cost is computed here`
  if (changed === 0) return `Nothing would change, of ${priced}; ${whole(unknownAfter)} of them have no known price.`
  const sign = changeNanoUsd < 0 ? '−' : '+'
  return `${whole(changed)} of ${priced} would change, by ${sign}${nanoUsd(Math.abs(changeNanoUsd))} together. Calls of unknown cost: ${whole(unknownBefore)} now, ${whole(unknownAfter)} then.`
}

function Job({ job }: { job: ShownRecompute }) {
  const { status, from, to, stepsDone, steps, changed, costChangeNanoUsd, error, createdAt, createdBy, endedAt } = job
  const start = new Date(from)
  const window = `${start.getTime() === 0 ? 'the beginning' : minute(start)} to ${minute(to)}`
  return (
    <li className="grid gap-1 border-line/60 border-t pt-2">
      <p className="flex flex-wrap gap-x-2">
        <span className="font-medium">{words[status]}</span>
        <span className="text-muted">
          {window}, asked for by {createdBy ?? 'somebody who left'} <RelativeTime at={createdAt} />
          {endedAt && (
            <>
              , ended <RelativeTime at={endedAt} />
            </>
          )}
        </span>
      </p>
      {(status === 'running' || status === 'queued') && (
        <progress
          className="h-1.5 w-full max-w-md accent-[var(--accent)]"
          aria-label="Computed so far"
          max={Math.max(steps, 1)}
          value={steps > 0 ? stepsDone : undefined}
        />
      )}
      {(changed > 0 || status === 'done') && (
        <p className="text-muted text-sm">
          {whole(changed)} calls changed, by {costChangeNanoUsd < 0 ? '−' : '+'}
          {nanoUsd(Math.abs(costChangeNanoUsd))} together.
        </p>
      )}
      {error && (
        <p className="wrap-anywhere text-bad text-sm">
          {status === 'failed' ? 'It was given up: ' : 'It is tried again: '}
          {error}
        </p>
      )}
    </li>
  )
}

const words: Record<ShownRecompute['status'], string> = {
  queued: 'Waiting: it begins when all processes know the prices, within seconds.',
  running: 'Computing',
  done: 'Done',
  failed: 'Failed',
}
