import type { SpanRow } from '../db/spans.ts'

export type BatchLimits = {
  /** How long the first request of a batch waits for others. */
  waitMs: number
  rows: number
  bytes: number
  /** Inserts at one time. */
  inFlight: number
}

export const batchLimits: BatchLimits = { waitMs: 20, rows: 8_192, bytes: 32 << 20, inFlight: 2 }

/** The rows that were new, or that all of them wait in the spool to be stored. */
export type StoreRows = (rows: readonly SpanRow[]) => Promise<ReadonlySet<SpanRow> | 'spooled'>
export type Stored = { stored: number; duplicate: number; spooled: number }
type Request = { rows: readonly SpanRow[]; bytes: number; resolve(stored: Stored): void; reject(error: unknown): void }

/**
 * Gathers the rows of concurrent requests into larger inserts, which cost less each row. A request is answered when the
 * insert with its rows is done, or they are on disk in the spool. While all inserts that may run do, requests wait: the caller bounds their bytes.
 */
export class Batcher {
  private readonly store: StoreRows
  private readonly limits: BatchLimits
  private waiting: Request[] = []
  private rows = 0
  private bytes = 0
  private inFlight = 0
  private timer: NodeJS.Timeout | undefined
  private idle: (() => void)[] = []

  constructor(store: StoreRows, limits: BatchLimits = batchLimits) {
    this.store = store
    this.limits = limits
  }

  add(rows: readonly SpanRow[], bytes: number): Promise<Stored> {
    return new Promise((resolve, reject) => {
      this.waiting.push({ rows, bytes, resolve, reject })
      this.rows += rows.length
      this.bytes += bytes
      if (this.isFull()) this.flush()
      else this.timer ??= setTimeout(() => this.flush(), this.limits.waitMs)
    })
  }

  /** Resolves when nothing waits and nothing is being inserted. */
  async drain(): Promise<void> {
    this.flush()
    if (this.inFlight > 0) await new Promise<void>(resolve => this.idle.push(resolve))
  }

  private isFull() {
    return this.rows >= this.limits.rows || this.bytes >= this.limits.bytes
  }

  private flush() {
    clearTimeout(this.timer)
    this.timer = undefined
    while (this.waiting.length > 0 && this.inFlight < this.limits.inFlight) this.send(this.take())
    if (this.inFlight === 0) for (const resolve of this.idle.splice(0)) resolve()
  }

  /** As many whole requests as fill a batch; at least one. */
  private take(): Request[] {
    const batch: Request[] = []
    let rows = 0
    let bytes = 0
    for (const request of this.waiting) {
      if (
        batch.length > 0 &&
        (rows + request.rows.length > this.limits.rows || bytes + request.bytes > this.limits.bytes)
      )
        break
      batch.push(request)
      rows += request.rows.length
      bytes += request.bytes
    }
    this.waiting.splice(0, batch.length)
    this.rows -= rows
    this.bytes -= bytes
    return batch
  }

  private async send(batch: Request[]) {
    this.inFlight += 1
    try {
      const fresh = await this.store(batch.flatMap(({ rows }) => rows))
      for (const { rows, resolve } of batch) {
        if (fresh === 'spooled') resolve({ stored: 0, duplicate: 0, spooled: rows.length })
        else {
          const stored = rows.filter(row => fresh.has(row)).length
          resolve({ stored, duplicate: rows.length - stored, spooled: 0 })
        }
      }
    } catch (error) {
      for (const { reject } of batch) reject(error)
    } finally {
      this.inFlight -= 1
      this.flush()
    }
  }
}
