import { flag } from '../../../../db/domain/flags/flag.ts'
import type { AiOff, FlagSet, LiveFlag } from '../../../../db/domain/flags/flag-set.ts'
import { segment } from '../../../../db/domain/flags/segment.ts'

/** A file of test/cases/flags: what there is, and what it says to whom. */
export type Table = {
  now: string
  flags: Record<string, object>
  segments?: Record<string, object>
  cases: { name: string; flag: string; context: unknown; aiOff?: string; expect?: unknown[]; error?: string[] }[]
}

export function flagSet({ flags, segments = {} }: Table, aiOff?: string): FlagSet {
  return {
    id: 'project',
    version: 7,
    flags: new Map(Object.entries(flags).map(([key, fields]) => [key, liveFlag({ key, ...fields })])),
    segments: new Map(Object.entries(segments).map(([key, fields]) => [key, segment.parse({ key, ...fields })])),
    ...(aiOff && { aiOff: { scope: aiOff as AiOff['scope'], whenOff: 'stop', reason: '' } }),
  }
}

export const liveFlag = (fields: object): LiveFlag => ({ ...flag.parse(fields), revision: 7 })
