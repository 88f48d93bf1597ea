/** A window of time, `from` inclusive, `to` exclusive. `preset` names the choice it came from, so that it keeps moving. */
export type TimeRange = { from: Date; to: Date; preset?: string }

export const minuteMs = 60_000
export const hourMs = 60 * minuteMs
export const dayMs = 24 * hourMs

export const timePresets = [
  { id: '15m', label: 'Last 15 minutes', ms: 15 * minuteMs },
  { id: '1h', label: 'Last hour', ms: hourMs },
  { id: '6h', label: 'Last 6 hours', ms: 6 * hourMs },
  { id: '24h', label: 'Last 24 hours', ms: dayMs },
  { id: '7d', label: 'Last 7 days', ms: 7 * dayMs },
  { id: '30d', label: 'Last 30 days', ms: 30 * dayMs },
  { id: '90d', label: 'Last 90 days', ms: 90 * dayMs },
] as const

export const defaultPreset = '24h'

/**
 * The window a URL asks for: `from` and `to` (ISO text or epoch milliseconds), else `range` (a preset's id), else the
 * default. What cannot be read counts as not given; an end before its start is swapped.
 */
export function readRange(params: URLSearchParams, now: Date, fallback: string = defaultPreset): TimeRange {
  const from = readInstant(params.get('from'))
  const to = readInstant(params.get('to'))
  if (from && (to ?? now).getTime() !== from.getTime()) {
    const end = to ?? now
    return from < end ? { from, to: end } : { from: end, to: from }
  }
  const asked = timePresets.find(preset => preset.id === params.get('range'))
  const preset = asked ?? timePresets.find(preset => preset.id === fallback) ?? timePresets[3]
  return { from: new Date(now.getTime() - preset.ms), to: now, preset: preset.id }
}

/** The window of the same length just before. */
export function previousRange({ from, to }: TimeRange): TimeRange {
  return { from: new Date(2 * from.getTime() - to.getTime()), to: from }
}

const weekMs = 7 * dayMs

/** The same window so many whole weeks before that the two do not overlap: Mondays are compared with Mondays. */
export function weeksBefore({ from, to }: TimeRange): TimeRange {
  const back = Math.max(1, Math.ceil((to.getTime() - from.getTime()) / weekMs)) * weekMs
  return { from: new Date(from.getTime() - back), to: new Date(to.getTime() - back) }
}

const bucketSteps = [1, 5, 10, 30, 60, 300, 600, 900, 1800, 3600, 7200, 10_800, 21_600, 43_200, 86_400, 604_800]

/** Seconds of one bucket, the smallest round step that cuts the window into at most `atMost` of them. */
export function bucketSeconds({ from, to }: TimeRange, atMost = 60): number {
  const seconds = (to.getTime() - from.getTime()) / 1000
  return bucketSteps.find(step => seconds / step <= atMost) ?? Math.ceil(seconds / atMost / 604_800) * 604_800
}

/** Starts of the buckets that cover the window, in epoch milliseconds; buckets are aligned to the epoch (UTC). */
export function bucketStarts({ from, to }: TimeRange, seconds: number): number[] {
  const step = seconds * 1000
  const starts: number[] = []
  for (let at = Math.floor(from.getTime() / step) * step; at < to.getTime(); at += step) starts.push(at)
  return starts
}

/**
 * Whether at least half of a bucket lies in the window. A sliver at the edge holds a few traces, whose value leaps about
 * and looks like a change.
 */
export function isMostlyWithin({ from, to }: TimeRange, at: number, seconds: number): boolean {
  const step = seconds * 1000
  return Math.min(to.getTime(), at + step) - Math.max(from.getTime(), at) >= step / 2
}

/** Latest instant that a page can ask for: the stores keep times up to the year 2261. */
const latestMs = Date.UTC(2200, 0, 1)

function readInstant(text: string | null): Date | undefined {
  if (!text) return undefined
  const ms = /^\d{10,15}$/.test(text) ? Number(text) : Date.parse(text)
  return ms >= 0 && ms < latestMs ? new Date(ms) : undefined
}
