import { useLocation } from '@remix-run/react'
import { useEffect, useState } from 'react'
import { askQuietly } from '../api/ask.ts'
import type { Badges } from './nav.ts'

const everyMs = 60_000

/** The numbers of the rail, read after the page has come alive, at each change of page and every minute. */
export function useBadges(projectId: string): Badges {
  const [badges, setBadges] = useState<Badges>({})
  const { pathname } = useLocation()
  // biome-ignore lint/correctness/useExhaustiveDependencies: another page may have changed what waits
  useEffect(() => {
    const stop = new AbortController()
    const look = async () => {
      if (document.visibilityState !== 'visible') return
      // Numbers that cannot be had stay as they were: the pages themselves say what is wrong.
      const now = await askQuietly<Badges>(`/p/${projectId}/badges`, stop.signal)
      if (now) setBadges(now)
    }
    look()
    const timer = setInterval(look, everyMs)
    return () => {
      clearInterval(timer)
      stop.abort()
    }
  }, [projectId, pathname])
  return badges
}
