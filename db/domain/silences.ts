import { z } from 'zod'
import type { Severity } from './alert-rule.ts'
import { minute } from './moment.ts'
import { dayMs, minuteMs } from './time.ts'
import { dayNames } from './week-words.ts'

/** What a silence or a route takes: every field that is given must match. */
export type Matcher = { metric?: string; workflow?: string; ruleId?: string; severity?: Severity }
export type Subject = { metric: string; scope: string; ruleId: string | null; severity: Severity }

export const clock = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'must be a time like 22:00')
export const zone = z.string().refine(isZone, 'is not a time zone: write one like Europe/Berlin, or UTC')
/** Days of the week, 0 is Sunday; from and to as `HH:MM` in the zone. An end before the start is on the next day. */
export const weekly = z.object({
  days: z.array(z.coerce.number().int().min(0).max(6)).min(1, 'Choose a day.'),
  from: clock,
  to: clock,
  zone,
})
export type Weekly = z.output<typeof weekly>

export type Silence = {
  id: number
  matcher: Matcher
  startsAt: Date
  endsAt: Date | null
  weekly: Weekly | null
  comment: string
}

export function matches(matcher: Matcher, subject: Subject): boolean {
  return (
    (matcher.metric ?? subject.metric) === subject.metric &&
    (matcher.workflow ?? subject.scope) === subject.scope &&
    (matcher.ruleId ?? subject.ruleId) === subject.ruleId &&
    (matcher.severity ?? subject.severity) === subject.severity
  )
}

/** Why an incident is not told now, in a sentence; undefined when no silence holds for it. */
export function silencedBy(silences: readonly Silence[], subject: Subject, now: Date): string | undefined {
  const found = silences.find(silence => matches(silence.matcher, subject) && isActive(silence, now))
  if (!found) return undefined
  const why = found.comment ? `: ${found.comment}` : ''
  return found.weekly
    ? `muted by a weekly window${why}`
    : `silenced until ${found.endsAt && minute(found.endsAt)}${why}`
}

export function isActive(
  { startsAt, endsAt, weekly }: Pick<Silence, 'startsAt' | 'endsAt' | 'weekly'>,
  now: Date,
): boolean {
  if (now < startsAt || (endsAt && now >= endsAt)) return false
  return weekly ? within(weekly, now) !== undefined : true
}

/** Minutes until the window ends that `now` lies in; undefined when it lies in none. */
export function within({ days, from, to, zone }: Weekly, now: Date): number | undefined {
  const { day, minutes } = localTime(now, zone)
  const [start, end] = [minutesOf(from), minutesOf(to)]
  const today = days.includes(day)
  const yesterday = days.includes((day + 6) % 7)
  if (start < end) return today && minutes >= start && minutes < end ? end - minutes : undefined
  if (today && minutes >= start) return end + 1440 - minutes
  return yesterday && minutes < end ? end - minutes : undefined
}

export type QuietHours = { from: string; to: string; zone: string }
const everyDay = [0, 1, 2, 3, 4, 5, 6]

/** When a message may go that must not disturb: now, or at the end of the quiet hours. */
export function quietUntil(quiet: QuietHours | null, now: Date): Date {
  const left = (atMs: number) => quiet && within({ ...quiet, days: everyDay }, new Date(atMs))
  const latest = now.getTime() + dayMs
  let end = Math.floor(now.getTime() / minuteMs) * minuteMs
  for (let minutes = left(end); minutes && end < latest; minutes = left(end)) end += minutes * minuteMs
  if (end <= now.getTime()) return now
  // Where the clock went forward in between, so many minutes were not there: the end is before.
  while (left(end - minuteMs) === undefined) end -= minuteMs
  return new Date(Math.min(end, latest))
}

const minutesOf = (text: string) => Number(text.slice(0, 2)) * 60 + Number(text.slice(3))

function localTime(now: Date, timeZone: string) {
  const parts = new Intl.DateTimeFormat('en-US', {
    timeZone,
    weekday: 'short',
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
  })
  const read = Object.fromEntries(parts.formatToParts(now).map(({ type, value }) => [type, value]))
  return { day: dayNames.indexOf(read.weekday ?? ''), minutes: Number(read.hour) * 60 + Number(read.minute) }
}

function isZone(text: string) {
  try {
    new Intl.DateTimeFormat('en-US', { timeZone: text })
    return true
  } catch {
    return false
  }
}
