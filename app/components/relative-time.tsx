import { useEffect, useState } from 'react'
import { day, exact, type Moment } from '../../db/domain/moment.ts'
import { ago } from './format.ts'

/** `5 min ago`, kept true while it is looked at; the absolute time on hover. `at` is a Date or an ISO text. */
export function RelativeTime({ at, className }: { at: Moment; className?: string }) {
  const date = new Date(at)
  const [now, setNow] = useState(() => new Date())
  const young = now.getTime() - date.getTime() < 3_600_000
  useEffect(() => {
    setNow(new Date())
    const timer = setInterval(() => setNow(new Date()), young ? 10_000 : 60_000)
    return () => clearInterval(timer)
  }, [young])
  return (
    <time dateTime={date.toISOString()} title={exact(date)} className={className} suppressHydrationWarning>
      {ago(date, now)}
    </time>
  )
}

/** `20 Nov 2026`; the exact time on hover. */
export const Day = ({ at }: { at: Moment }) => (
  <time dateTime={new Date(at).toISOString()} title={exact(at)} className="whitespace-nowrap">
    {day(at)}
  </time>
)
