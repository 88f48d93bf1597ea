import { day } from './moment.ts'

/** How numbers read everywhere: `1.2k`, `8.1 %`, `1.24 s`, `$0.0031`. What is not known reads "unknown", never 0. */

type Maybe = number | null | undefined

const known = (value: Maybe): value is number => typeof value === 'number' && Number.isFinite(value)
const trim = (text: string) => (text.includes('.') ? text.replace(/\.?0+$/, '') : text)

/** `950`, `1.2k`, `34k`, `1.3M`. */
export function count(value: Maybe): string {
  if (!known(value)) return 'unknown'
  const size = Math.abs(value)
  if (size < 1000) return trim(value.toFixed(Number.isInteger(value) ? 0 : 1))
  const [unit, per] = size < 999_500 ? ['k', 1e3] : size < 999_500_000 ? ['M', 1e6] : (['G', 1e9] as const)
  const scaled = value / per
  return `${trim(scaled.toFixed(Math.abs(scaled) < 9.95 ? 1 : 0))}${unit}`
}

/** Every digit, grouped: `12,430`. */
export const whole = (value: Maybe): string => (known(value) ? Math.round(value).toLocaleString('en-US') : 'unknown')

/** A share 0..1 as `8.1 %`. */
export function share(value: Maybe): string {
  if (!known(value)) return 'unknown'
  const percent = value * 100
  const digits = percent !== 0 && Math.abs(percent) < 0.095 ? 2 : Math.abs(percent) >= 99.95 ? 0 : 1
  return `${percent.toFixed(digits)} %`
}

/** Milliseconds as `850 ms`, `1.24 s`, `2 m 05 s`, `3 h 12 m`. */
export function duration(ms: Maybe): string {
  if (!known(ms)) return 'unknown'
  if (ms < 1) return `${trim(ms.toFixed(2))} ms`
  if (ms < 999.5) return `${Math.round(ms)} ms`
  if (ms < 59_950) return `${(ms / 1000).toFixed(ms < 9_995 ? 2 : 1)} s`
  const seconds = Math.round(ms / 1000)
  if (seconds < 3600) return `${Math.floor(seconds / 60)} m ${pad(seconds % 60)} s`
  const minutes = Math.round(seconds / 60)
  if (minutes < 48 * 60) return `${Math.floor(minutes / 60)} h ${pad(minutes % 60)} m`
  return `${Math.round(minutes / 1440)} d`
}

/** US dollars as `$0.0031`, `$1.24`, `$1,240`. */
export function usd(value: Maybe): string {
  if (!known(value)) return 'unknown'
  if (value === 0) return '$0'
  const size = Math.abs(value)
  const sign = value < 0 ? '-' : ''
  if (size < 0.00001) return `${sign}<$0.00001`
  if (size < 0.0995) return `${sign}$${trim(size.toPrecision(2).includes('e') ? size.toFixed(7) : size.toPrecision(2))}`
  if (size < 999.5) return `${sign}$${size.toFixed(2)}`
  return `${sign}$${Math.round(size).toLocaleString('en-US')}`
}

/** 1e-9 US dollars, as the stores keep cost. */
export const nanoUsd = (value: number | bigint | null | undefined): string =>
  value === null || value === undefined ? 'unknown' : usd(Number(value) / 1e9)

/** `640 B`, `1.2 KB`, `34 MB`. */
export function bytes(value: Maybe): string {
  if (!known(value)) return 'unknown'
  const units = ['B', 'KB', 'MB', 'GB', 'TB']
  const at = value < 1 ? 0 : Math.min(units.length - 1, Math.floor(Math.log10(value) / 3))
  const scaled = value / 1000 ** at
  return `${at === 0 || scaled >= 9.95 ? Math.round(scaled) : trim(scaled.toFixed(1))} ${units[at]}`
}

export type Unit = 'count' | 'share' | 'ms' | 'usd' | 'bytes'

const byUnit: Record<Unit, (value: Maybe) => string> = { count, share, ms: duration, usd, bytes }

export const quantity = (value: Maybe, unit: Unit): string => byUnit[unit](value)

export type Delta = {
  text: string
  direction: 'up' | 'down' | 'same'
  verdict: 'worse' | 'better' | 'same' | 'neither'
}

/** The relative change from `before` to `now`, as `+34 %`; undefined where there is nothing to compare with. */
export function delta(now: Maybe, before: Maybe, worse: 'up' | 'down' | 'neither'): Delta | undefined {
  if (!known(now) || !known(before) || (before === 0 && now !== 0)) return undefined
  const change = before === 0 ? 0 : (now - before) / Math.abs(before)
  if (Math.abs(change) < 0.0005) return { text: '0 %', direction: 'same', verdict: 'same' }
  const direction = change > 0 ? 'up' : 'down'
  const percent = Math.abs(change * 100)
  const text = `${change > 0 ? '+' : '−'}${percent < 9.95 ? percent.toFixed(1) : Math.round(percent).toLocaleString('en-US')} %`
  const verdict = worse === 'neither' ? 'neither' : worse === direction ? 'worse' : 'better'
  return { text, direction, verdict }
}

/** `now`, `12 s ago`, `5 min ago`, `3 h ago`, `2 d ago`, then the date. */
export function ago(at: Date, now: Date): string {
  const seconds = Math.round((now.getTime() - at.getTime()) / 1000)
  if (seconds < -5) return `in ${duration(-seconds * 1000)}`
  if (seconds < 5) return 'now'
  if (seconds < 60) return `${seconds} s ago`
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ago`
  if (seconds < 86_400) return `${Math.floor(seconds / 3600)} h ago`
  if (seconds < 30 * 86_400) return `${Math.floor(seconds / 86_400)} d ago`
  return day(at)
}

const pad = (value: number) => String(value).padStart(2, '0')
