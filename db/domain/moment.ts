/** How moments read everywhere, in UTC: `20 Nov 2026`, `20 Nov 2026 14:00 UTC`; the short ones are for axes and windows. */

export type Moment = Date | string | number

const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']

const iso = (at: Moment) => new Date(at).toISOString()

/** `20 Nov`. */
export const shortDay = (at: Moment): string => {
  const date = new Date(at)
  return `${date.getUTCDate()} ${months[date.getUTCMonth()]}`
}

/** `20 Nov 2026`. */
export const day = (at: Moment): string => `${shortDay(at)} ${new Date(at).getUTCFullYear()}`

/** `14:00`. */
export const clock = (at: Moment): string => iso(at).slice(11, 16)

/** `14:00:06`. */
export const clockSeconds = (at: Moment): string => iso(at).slice(11, 19)

/** `20 Nov 14:00`. */
export const shortMinute = (at: Moment): string => `${shortDay(at)} ${clock(at)}`

/** `20 Nov 2026 14:00 UTC`. */
export const minute = (at: Moment): string => `${day(at)} ${clock(at)} UTC`

/** `20 Nov 2026 14:00:06 UTC`, what a moment says on hover. */
export const exact = (at: Moment): string => `${day(at)} ${clockSeconds(at)} UTC`

/** `20 Nov 2026 14:00 UTC to 27 Nov 2026 14:00 UTC`, what a window says on hover. */
export const exactWindow = (from: Moment, to: Moment): string => `${minute(from)} to ${minute(to)}`

/** What stands under one bucket of a chart: the day, the time, or both. */
export function axisTick(at: Moment, bucketSeconds: number, buckets: number): string {
  if (bucketSeconds >= 86_400) return shortDay(at)
  if (bucketSeconds * buckets > 2 * 86_400) return clock(at) === '00:00' ? shortDay(at) : shortMinute(at)
  return bucketSeconds < 60 ? clockSeconds(at) : clock(at)
}
