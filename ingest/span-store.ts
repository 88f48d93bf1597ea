import { spanBlocks } from '../db/span-block.ts'
import { type SpanRef, type SpanRow, spanKey } from '../db/spans.ts'
import type { BlockStore, Put } from './block-store.ts'
import { StoreUnavailable } from './persist.ts'
import type { RecentSpans } from './recent-spans.ts'

/** What became of a request's spans. */
export type Stored = { stored: number; duplicate: number; spooled: number }

type Parts = {
  blocks: BlockStore
  recent: RecentSpans
  /** Keys of those that are stored. Throws StoreUnavailable. */
  existing(spans: readonly SpanRef[]): Promise<Set<string>>
  /** Until when another process may have stored spans that this one does not know of, epoch milliseconds. */
  othersUntilMs(): number
}

/** `hasMet`: one of those in doubt may be among what is under way to the store. */
type Sorted = { sure: SpanRow[]; doubtful: SpanRow[]; hasMet: boolean }

type Doubts = { rows: readonly SpanRow[]; own: ReadonlySet<string>; hasMet: boolean }
type Work = (fresh: SpanRow[], failure?: StoreUnavailable) => Promise<Stored>

const marginMs = 60_000
const nothing: Stored = { stored: 0, duplicate: 0, spooled: 0 }

/**
 * Stores each span once, whatever is sent again.
 *
 * Why once: (1) This process remembers, by a hash, which spans it met of late, and at its start learns which were stored
 * of late. One that it does not remember, that ended since, by a clock that is not far ahead, while no other process took
 * spans, is surely new. (2) Any other is in doubt: it is looked for in ClickHouse, if it was met here when all writes
 * under way have ended, and stored when it is not there; of requests that hold the same span in doubt one does so, and
 * the others wait for it.
 * So a second sending is answered when the first is stored, never before. (3) An insert whose answer got lost is sent
 * again with the same blocks and token, which ClickHouse deduplicates in `spans` and, with
 * `deduplicate_blocks_in_dependent_materialized_views`, in `traces`. What is left is two processes that take the same
 * retry within the same moment, an insert that arrives long after it was given up, and a client whose clock is a minute
 * ahead and that sends again after minutes: ReplacingMergeTree drops the second row at the next merge, and
 * db/reconcile.ts takes it out of the sums of `traces`.
 */
export class SpanStore {
  private readonly parts: Parts
  private readonly writing = new Set<Promise<unknown>>()
  private readonly doubts = new Map<string, Promise<unknown>>()

  constructor(parts: Parts) {
    this.parts = parts
  }

  /**
   * Resolves when every row is stored or on disk; `read` is called as soon as the rows are not needed any more. Throws
   * StoreUnavailable when that cannot be said of each.
   */
  async store(rows: readonly SpanRow[], read = () => {}): Promise<Stored> {
    const sorted = this.sort(rows)
    const written = this.write(sorted.sure)
    if (sorted.doubtful.length > 0) return this.storeDoubtful({ ...sorted, written }).finally(read)
    read()
    return written
  }

  private async storeDoubtful(given: Sorted & { written: Promise<Stored> }): Promise<Stored> {
    const { sure, doubtful, hasMet, written } = given
    const own = new Set(sure.map(spanKey))
    const settled = this.settle({ rows: doubtful, own, hasMet }, async (spans, failure) => {
      if (!failure) return this.write(spans)
      await this.parts.blocks.spool(spanBlocks(spans), failure)
      return { ...nothing, spooled: spans.length }
    })
    return added(await bothOf(written, settled))
  }

  /** Stores rows that waited on disk, with the token of an insert that was tried; answers those that were not stored. */
  async storeSpooled(rows: readonly SpanRow[], token?: string): Promise<readonly SpanRow[]> {
    let fresh: readonly SpanRow[] = []
    for (const row of rows) this.parts.recent.add(row)
    await this.settle({ rows, own: new Set(), hasMet: true }, async (spans, failure) => {
      if (failure) throw failure
      await this.parts.blocks.insertNow(spanBlocks(spans), spans.length === rows.length ? token : undefined)
      fresh = spans
      return { ...nothing, stored: spans.length }
    })
    return fresh
  }

  private sort(rows: readonly SpanRow[]): Sorted {
    const { recent, othersUntilMs } = this.parts
    const known = Math.max(recent.sinceMs, othersUntilMs())
    const from = BigInt(known + marginMs) * 1_000_000n
    const to = BigInt(Date.now() + marginMs) * 1_000_000n
    const sure: SpanRow[] = []
    const doubtful: SpanRow[] = []
    let hasMet = false
    for (const row of rows) {
      const isNew = recent.add(row)
      const clockTells = row.clockFlags.length === 0 && row.endNs >= from && row.endNs <= to
      if (isNew && clockTells) sure.push(row)
      else doubtful.push(row)
      hasMet ||= !isNew
    }
    return { sure, doubtful, hasMet }
  }

  private write(rows: readonly SpanRow[]): Promise<Stored> {
    const blocks = spanBlocks(rows).map(block => ({ rows: block.rows, ...this.parts.blocks.put(block) }))
    for (const { over } of blocks) this.during(over)
    return allKept(blocks)
  }

  private during(work: Promise<unknown>) {
    this.writing.add(work)
    const over = () => void this.writing.delete(work)
    work.then(over, over)
  }

  /** Looks for spans in doubt, but for those that are the request's `own` or another's, and does `work` with the others. */
  private async settle({ rows, own, hasMet }: Doubts, work: Work): Promise<Stored> {
    const mine = new Map<string, SpanRow>()
    const others = new Set<Promise<unknown>>()
    for (const row of rows) {
      const key = spanKey(row)
      if (own.has(key) || mine.has(key)) continue
      const other = this.doubts.get(key)
      if (other) others.add(other)
      else mine.set(key, row)
    }
    const settled = this.lookFor(mine, hasMet, work)
    for (const key of mine.keys()) this.doubts.set(key, settled)
    try {
      const [done] = await bothOf(settled, Promise.all(others))
      return { ...done, duplicate: rows.length - done.stored - done.spooled }
    } finally {
      for (const key of mine.keys()) this.doubts.delete(key)
    }
  }

  private async lookFor(mine: ReadonlyMap<string, SpanRow>, hasMet: boolean, work: Work): Promise<Stored> {
    if (mine.size === 0) return nothing
    if (hasMet) await Promise.allSettled(this.writing)
    try {
      const existing = await this.parts.existing([...mine.values()])
      const fresh = [...mine].filter(([key]) => !existing.has(key)).map(([, row]) => row)
      return fresh.length > 0 ? await work(fresh) : nothing
    } catch (error) {
      if (!(error instanceof LookUpFailed)) throw error
      return work([...mine.values()], error)
    }
  }
}

/** The store could not say which spans it has: all of them may be new. */
export class LookUpFailed extends StoreUnavailable {}

async function allKept(blocks: readonly (Put & { rows: number })[]): Promise<Stored> {
  const kept = await Promise.all(blocks.map(async block => ({ ...nothing, [await block.kept]: block.rows })))
  return added(kept)
}

/** Both answers, when both are there; else the failure of one, when the other is over too. */
async function bothOf<A, B>(a: Promise<A>, b: Promise<B>): Promise<[A, B]> {
  const [first, second] = await Promise.allSettled([a, b])
  if (first.status === 'rejected') throw first.reason
  if (second.status === 'rejected') throw second.reason
  return [first.value, second.value]
}

const added = (parts: readonly Stored[]): Stored => ({
  stored: parts.reduce((sum, { stored }) => sum + stored, 0),
  duplicate: parts.reduce((sum, { duplicate }) => sum + duplicate, 0),
  spooled: parts.reduce((sum, { spooled }) => sum + spooled, 0),
})
