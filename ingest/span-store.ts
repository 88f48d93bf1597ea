import { randomUUID } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import type { ClickHouse } from '../db/clickhouse.ts'
import type { Logger } from '../db/log.ts'
import { offloadSpans } from '../db/payloads.ts'
import { existingSpans, insertSpans, type SpanRow, spanKey } from '../db/spans.ts'
import { withSpan } from '../db/telemetry.ts'
import { SeenSpans } from './seen-spans.ts'

/** Where batches go; `clickhouse` stores are these two calls. */
export type SpanTable = {
  existing(rows: readonly SpanRow[], signal?: AbortSignal): Promise<Set<string>>
  insert(rows: readonly SpanRow[], token: string, signal?: AbortSignal): Promise<void>
}

export const spanTable = (clickhouse: ClickHouse): SpanTable => ({
  existing: (rows, signal) => existingSpans(clickhouse, rows, signal),
  insert: async (rows, token, signal) =>
    insertSpans(clickhouse, await offloadSpans(clickhouse, rows, signal), token, signal),
})

type Trying = { token?: string; deadlineMs?: number }

/** An insert that was sent; sent again with this token, it lands once. */
export type Attempt = { rows: SpanRow[]; token: string }

/** The store did not take the rows within the time a client waits; it should send them again. */
export class StoreUnavailable extends Error {
  /** What may have arrived, or may yet. */
  readonly attempt: Attempt | undefined

  constructor(message: string, { cause, attempt }: { cause?: unknown; attempt?: Attempt } = {}) {
    super(message, { cause })
    this.attempt = attempt
  }
}

/**
 * Stores each span once, whatever is sent again.
 *
 * Why once: (1) within this process a key is claimed, synchronously, by the first batch that holds it; a batch that
 * meets a claimed key waits for the claimer and counts a duplicate when that was stored, so an answer never precedes the
 * insert, and fails with it otherwise. (2) A claimed key that ClickHouse has already, from before a restart or from
 * another process, is found by a look-up before the insert. (3) An insert whose answer got lost is sent again with the
 * same rows and token, which ClickHouse deduplicates in `spans` and, with
 * `deduplicate_blocks_in_dependent_materialized_views`, in `traces`. What is left is two processes that take the same
 * retry within the same milliseconds, and an insert that arrives long after it was given up: ReplacingMergeTree drops the
 * second row at the next merge, and db/reconcile.ts takes it out of the sums of `traces`.
 */
export class SpanStore {
  private readonly table: SpanTable
  private readonly log: Logger
  private readonly retryMs: readonly number[]
  private readonly deadlineMs: number
  private readonly stored = new SeenSpans()
  private readonly claims = new Map<string, Promise<unknown>>()

  /** `deadlineMs` is for a whole `store`, within the 10 s that OpenTelemetry's exporters wait. */
  constructor(table: SpanTable, log: Logger, retryMs: readonly number[] = [100, 400, 1_000], deadlineMs = 4_000) {
    this.table = table
    this.log = log
    this.retryMs = retryMs
    this.deadlineMs = deadlineMs
  }

  /**
   * Resolves when every row is stored; the rows that were new. Throws StoreUnavailable when that cannot be said; with the
   * token of its attempt, the same rows can be tried again later.
   */
  async store(rows: readonly SpanRow[], { token, deadlineMs = this.deadlineMs }: Trying = {}): Promise<Set<SpanRow>> {
    const claimed = new Map<string, SpanRow>()
    const awaited = new Set<Promise<unknown>>()
    for (const row of rows) {
      const key = spanKey(row)
      if (claimed.has(key) || this.stored.has(key)) continue
      const other = this.claims.get(key)
      if (other) awaited.add(other)
      else claimed.set(key, row)
    }
    const writing = this.write(claimed, { token: claimed.size === rows.length ? token : undefined, deadlineMs })
    for (const key of claimed.keys()) this.claims.set(key, writing)
    const [written, ...others] = await Promise.allSettled([writing, ...awaited])
    for (const key of claimed.keys()) this.claims.delete(key)
    if (written.status === 'rejected') throw written.reason
    const failed = others.find(({ status }) => status === 'rejected')
    if (failed) throw unavailable((failed as PromiseRejectedResult).reason)
    return written.value
  }

  private async write(claimed: ReadonlyMap<string, SpanRow>, given: Trying): Promise<Set<SpanRow>> {
    if (claimed.size === 0) return new Set()
    const deadline = AbortSignal.timeout((given.deadlineMs ?? this.deadlineMs) + forMonthsMs(claimed))
    const existing = await this.persist(deadline, signal => this.table.existing([...claimed.values()], signal))
    const fresh = [...claimed].filter(([key]) => !existing.has(key)).map(([, row]) => row)
    const token = given.token && fresh.length === claimed.size ? given.token : randomUUID()
    if (fresh.length > 0) {
      const insert = (signal: AbortSignal) => this.table.insert(fresh, token, signal)
      const attributes = { 'db.system.name': 'clickhouse', 'db.operation.batch.size': fresh.length }
      await withSpan('insert spans', attributes, () => this.persist(deadline, insert, { rows: fresh, token }))
    }
    for (const key of claimed.keys()) this.stored.add(key)
    return new Set(fresh)
  }

  private async persist<T>(
    deadline: AbortSignal,
    work: (signal: AbortSignal) => Promise<T>,
    attempt?: Attempt,
  ): Promise<T> {
    const late = new Promise<never>((_, reject) => {
      deadline.addEventListener('abort', () => reject(new Error('no answer in time')))
    })
    for (let tries = 0; ; tries++) {
      try {
        return await Promise.race([work(deadline), late])
      } catch (cause) {
        const pause = this.retryMs[tries]
        if (pause === undefined || deadline.aborted) throw unavailable(cause, attempt)
        this.log.warn('cannot store spans yet, trying again', { cause, tries: tries + 1 })
        await delay(pause)
      }
    }
  }
}

/** Each month is a partition that is written and synced by itself; only wrong clocks make many of them. */
const monthNs = 2_629_746_000_000_000n
const monthMs = 50
const forMonthsMs = (rows: ReadonlyMap<string, SpanRow>) =>
  monthMs * (new Set([...rows.values()].map(({ startNs }) => startNs / monthNs)).size - 1)

const unavailable = (cause: unknown, attempt?: Attempt) =>
  cause instanceof StoreUnavailable
    ? new StoreUnavailable(cause.message, { cause })
    : new StoreUnavailable(`the store did not take the spans: ${words(cause)}`, { cause, attempt })
const words = (cause: unknown) => (cause instanceof Error ? cause.message.slice(0, 300) : String(cause))
