import { useFetcher, useLocation } from '@remix-run/react'
import { useEffect, useRef } from 'react'
import { Button } from '../../components/button.tsx'
import { Panel } from '../../components/page.tsx'
import { ErrorState } from '../../components/states.tsx'
import type { ComparisonAnswer } from '../flag-comparison/route.tsx'
import { Cohorts } from './cohorts.tsx'
import { Exposure } from './exposure.tsx'
import { Failing } from './failing.tsx'
import { Guardrails } from './guardrails.tsx'
import type { FlagView } from './read-flag.server.ts'
import { SightPanel } from './sight.tsx'
import { Timeline } from './timeline.tsx'
import { Verdict } from './verdict.tsx'

const lookAgainMs = 60_000

/** Both arms side by side and what to do; before a canary, what one would see. Loaded after the page, and every minute. */
export function Comparison({ view }: { view: FlagView }) {
  const { answer, again } = useComparison(view)
  return (
    <div className="grid gap-4" aria-busy={answer === undefined || undefined}>
      {answer === undefined && <Waiting />}
      {answer && 'failed' in answer && (
        <ErrorState title="The arms cannot be compared now" actions={<Button onClick={again}>Try again</Button>}>
          The data store does not answer: {answer.failed}. The switch above works all the same, and a ramp that runs
          stays where it is until it does.
        </ErrorState>
      )}
      {answer && !('failed' in answer) && (
        <>
          {answer.compared && <Verdict view={view} compared={answer.compared} isOn={answer.isOn} at={answer.at} />}
          {answer.compared && <Guardrails view={view} compared={answer.compared} />}
          {answer.sight && <SightPanel sight={answer.sight} />}
          {answer.compared && (
            <>
              <Cohorts view={view} compared={answer.compared} />
              <Timeline compared={answer.compared} />
              <Failing view={view} compared={answer.compared} />
            </>
          )}
        </>
      )}
      <Exposure view={view} />
    </div>
  )
}

function useComparison({ projectId, key, version }: FlagView) {
  const { load, data } = useFetcher<ComparisonAnswer>()
  const share = new URLSearchParams(useLocation().search).get('share')
  const path = `/p/${projectId}/flags/${encodeURIComponent(key)}/comparison`
  const at = share ? `${path}?share=${encodeURIComponent(share)}` : path
  const look = useRef(load)
  look.current = load
  // biome-ignore lint/correctness/useExhaustiveDependencies: another version of the flag is compared anew
  useEffect(() => {
    look.current(at)
    const timer = setInterval(() => document.visibilityState === 'visible' && look.current(at), lookAgainMs)
    return () => clearInterval(timer)
  }, [at, version])
  return { answer: data, again: () => load(at) }
}

function Waiting() {
  return (
    <Panel className="min-h-72">
      <p role="status" className="text-muted">
        Comparing the arms…
      </p>
    </Panel>
  )
}
