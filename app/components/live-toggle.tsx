import { useRevalidator, useSearchParams } from '@remix-run/react'
import { Pause, RefreshCw } from 'lucide-react'
import { useEffect } from 'react'
import { Button } from './button.tsx'
import { classes } from './classes.ts'

/** Whether the page keeps itself fresh (`?live=1`). It asks again every few seconds while the tab is in view. */
export function LiveToggle({ everyMs = 5_000 }: { everyMs?: number }) {
  const [params, setParams] = useSearchParams()
  const live = params.get('live') === '1'
  useLive(live, everyMs)
  const toggle = () =>
    setParams(
      now => {
        if (live) now.delete('live')
        else now.set('live', '1')
        return now
      },
      { preventScrollReset: true, replace: true },
    )
  return (
    <Button
      size="sm"
      icon={live ? Pause : RefreshCw}
      aria-pressed={live}
      onClick={toggle}
      className={classes(live && '!border-accent')}
    >
      Live
    </Button>
  )
}

/** Loads the page's data again every `everyMs`, never twice at once, and not while the tab is hidden. */
export function useLive(on: boolean, everyMs = 5_000) {
  const { revalidate, state } = useRevalidator()
  useEffect(() => {
    if (!on || state !== 'idle') return
    const timer = setTimeout(() => {
      if (document.visibilityState === 'visible') revalidate()
    }, everyMs)
    const onVisible = () => document.visibilityState === 'visible' && revalidate()
    document.addEventListener('visibilitychange', onVisible)
    return () => {
      clearTimeout(timer)
      document.removeEventListener('visibilitychange', onVisible)
    }
  }, [on, everyMs, state, revalidate])
}
