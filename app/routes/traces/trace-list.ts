import type { TracePage } from '../../../db/traces.ts'

/** A list that grows at its older end by pages, and at its newer end by refreshes. */
export type TraceList = TracePage & { paged: boolean }

export const startList = (first: TracePage): TraceList => ({ ...first, paged: false })

/** Puts an older page behind the list. */
export function joinOlder(list: TraceList, page: TracePage): TraceList {
  const known = new Set(list.traces.map(({ traceId }) => traceId))
  const traces = [...list.traces, ...page.traces.filter(({ traceId }) => !known.has(traceId))]
  return { traces, next: page.next, paged: true }
}

/**
 * Puts a fresh first page over the list. Where the two no longer overlap, traces between them were never seen: then the
 * older part goes, rather than leave a gap that nobody can tell.
 */
export function joinRefreshed(list: TraceList, first: TracePage): TraceList {
  const fresh = new Set(first.traces.map(({ traceId }) => traceId))
  const overlaps = list.traces.some(({ traceId }) => fresh.has(traceId))
  if (!list.paged || !overlaps || first.next === null) return startList(first)
  const oldest = BigInt(first.traces.at(-1)!.startedNs)
  const older = list.traces.filter(({ traceId, startedNs }) => !fresh.has(traceId) && BigInt(startedNs) <= oldest)
  return { traces: [...first.traces, ...older], next: list.next, paged: true }
}
