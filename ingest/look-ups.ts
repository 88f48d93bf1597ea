import type { Logger } from '../db/log.ts'
import type { SpanRef } from '../db/spans.ts'
import { Gather, type GatherLimits } from './gather.ts'
import { type Patience, patience, persist } from './persist.ts'
import { LookUpFailed } from './span-store.ts'
import type { SpanTable } from './span-table.ts'
import type { Spooler } from './spooler.ts'

const mostSpans = 16_384

const limits: GatherLimits<readonly SpanRef[]> = {
  inFlight: 2,
  burst: 8,
  paceMs: 50,
  fits: (lists, next) => lists.reduce((sum, list) => sum + list.length, next.length) <= mostSpans,
}

/** Asks the store which spans it has, for all who ask at one time together. Throws LookUpFailed. */
export function openLookUps(parts: { table: SpanTable; spooler: Spooler; log: Logger; patience?: Patience }) {
  const { table, spooler, log } = parts
  const gathered = new Gather<readonly SpanRef[], Set<string>>(lists => {
    const spans = lists.length === 1 && lists[0] ? lists[0] : lists.flat()
    return persist(signal => table.existing(spans, signal), parts.patience ?? patience, log)
  }, limits)

  return async (spans: readonly SpanRef[]): Promise<Set<string>> => {
    if (!spooler.mayTry()) throw new LookUpFailed('the store does not answer')
    try {
      const existing = await gathered.add(spans)
      spooler.gotThrough()
      return existing
    } catch (cause) {
      spooler.wentDown()
      throw new LookUpFailed(cause instanceof Error ? cause.message : String(cause), { cause })
    }
  }
}
