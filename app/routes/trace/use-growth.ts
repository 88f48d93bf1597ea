import { useFetcher, useRevalidator } from '@remix-run/react'
import { useEffect, useRef } from 'react'
import type { Growth } from './trace.server.ts'

const askMs = 2_000

/** What takes long to read, a large trace, is read again less often: it may take this part of the time. */
const shareOfTime = 1 / 8

/**
 * Keeps the page of a trace whole while spans may still come to it: asks what it amounts to, and reads the page again
 * once that has changed. Not while the tab is hidden.
 */
export function useGrowth(projectId: string, shown: Growth) {
  const { load, data, state } = useFetcher<Growth>()
  const { revalidate, state: reading } = useRevalidator()
  const latest = data?.traceId === shown.traceId ? data : shown
  const grown = latest.mark !== shown.mark
  const on = latest.live || grown
  const read = useRef({ beganAt: 0, endedAt: 0 })
  // biome-ignore lint/correctness/useExhaustiveDependencies: what is shown was read when its mark came
  useEffect(() => {
    read.current.endedAt = Date.now()
  }, [shown.traceId, shown.mark])

  useEffect(() => {
    if (!on || state !== 'idle' || reading !== 'idle') return
    const go = () => {
      if (document.visibilityState !== 'visible') return
      if (grown) {
        read.current.beganAt = Date.now()
        revalidate()
      } else load(`/p/${projectId}/traces/${shown.traceId}/growth`)
    }
    const { beganAt, endedAt } = read.current
    const restMs = beganAt ? Math.max(askMs, (endedAt - beganAt) / shareOfTime) : 0
    const timer = setTimeout(go, grown ? Math.max(0, Math.max(beganAt, endedAt) + restMs - Date.now()) : askMs)
    document.addEventListener('visibilitychange', go)
    return () => {
      clearTimeout(timer)
      document.removeEventListener('visibilitychange', go)
    }
  }, [on, grown, state, reading, load, revalidate, projectId, shown.traceId])
}
