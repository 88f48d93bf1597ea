import { usd } from '../../components/format.ts'

/** What a page says of a price: US dollars for a million tokens. */
export type Shown = { version: string; input: number | null; output: number | null }

export const perMillion = (rate: number | null) => (rate === null ? '–' : usd(rate))

/** Where a price comes from, by its version. */
export const sourceOf = (version: string) => (version.startsWith('own@') ? 'yours' : 'the list')

export const windows = [
  { value: '1', label: 'Last 24 hours' },
  { value: '7', label: 'Last 7 days' },
  { value: '30', label: 'Last 30 days' },
  { value: '90', label: 'Last 90 days' },
  { value: '0', label: 'Everything' },
]
