import { useEffect, useState } from 'react'
import { ago } from './format.ts'

/** `5 min ago`, kept true while it is looked at; the absolute time on hover. `at` is a Date or an ISO text. */
export function RelativeTime({ at, className }: { at: Date | string | number; className?: string }) {
  const date = new Date(at)
  const [now, setNow] = useState(() => new Date())
  const young = now.getTime() - date.getTime() < 3_600_000
  useEffect(() => {
    setNow(new Date())
    const timer = setInterval(() => setNow(new Date()), young ? 10_000 : 60_000)
    return () => clearInterval(timer)
  }, [young])
  return (
    <time dateTime={date.toISOString()} title={absolute(date)} className={className} suppressHydrationWarning>
      {ago(date, now)}
    </time>
  )
}

/** `2026-11-23 19:22:06 UTC`, the same on the server and in every browser. */
export const absolute = (date: Date) => `${date.toISOString().slice(0, 19).replace('T', ' ')} UTC`
