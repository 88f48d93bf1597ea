import { setTimeout as delay } from 'node:timers/promises'
import type { Ledger } from '../db/ledger.ts'
import type { Logger } from '../db/log.ts'
import type { SpanRow } from '../db/spans.ts'
import { type SpanStore, StoreUnavailable } from './span-store.ts'
import type { Spool } from './spool.ts'
import { packRecord, type SpoolRecord, unpackRecord } from './spool-record.ts'

type Parts = { store: SpanStore; spool: Spool | undefined; ledger: Ledger; log: Logger; probeMs?: number }

/** A record that the store refused so often, while it took others, goes behind those that wait. */
const mostRefusals = 3
/** Of records that are taken in by one insert. */
const mostBytes = 1 << 20
/** Nobody waits for the answer to what is spooled. */
const deadlineMs = 10_000

/**
 * Stores rows; while the store does not take them they go to the spool, and from there, oldest first, to the store when
 * it is back. The store counts as down from a failure until something gets through: the spool's oldest record is tried
 * every second. A record goes in by the same look-up as a request that is sent again, so it lands once, also when its
 * failed insert had arrived, when its client sent it again, or when a killed process had it in already.
 */
export class SpoolingStore {
  private readonly parts: Required<Parts>
  private isUp = true
  private mayProbe = false
  private throughAt = 0
  private keeping = 0
  private refusals = 0
  private readonly stopping = new AbortController()
  private wake = () => {}
  private readonly draining: Promise<void>

  constructor(parts: Parts) {
    this.parts = { probeMs: 1_000, ...parts }
    this.draining = this.drain()
  }

  /** Bytes that wait in the spool. */
  get spooledBytes(): number {
    return this.parts.spool?.bytes ?? 0
  }

  /** Whether spans are taken while the store is down. */
  get canSpool(): boolean {
    return this.parts.spool !== undefined
  }

  /** Resolves when the rows are stored, with the new ones, or on disk. Throws StoreUnavailable when they are neither. */
  async store(rows: readonly SpanRow[]): Promise<ReadonlySet<SpanRow> | 'spooled'> {
    let failure: StoreUnavailable | undefined
    const nothingWaits = this.spooledBytes === 0 && this.keeping === 0
    if (this.isUp || this.mayProbe || nothingWaits) {
      this.mayProbe = false
      try {
        const fresh = await this.parts.store.store(rows)
        this.isUp = true
        this.throughAt = Date.now()
        return fresh
      } catch (error) {
        if (!(error instanceof StoreUnavailable)) throw error
        failure = error
        this.isUp = false
      }
    }
    await this.keep(rows, failure)
    return 'spooled'
  }

  /** Waits for nothing but the record under way; what is spooled stays for the next start. */
  async stop(): Promise<void> {
    this.stopping.abort()
    this.wake()
    await Promise.race([this.draining, delay(1_000, undefined, { ref: false })])
    await this.parts.spool?.close()
  }

  private async keep(rows: readonly SpanRow[], failure: StoreUnavailable | undefined) {
    const { spool, log } = this.parts
    if (!spool) throw failure ?? new StoreUnavailable('the store does not take spans')
    const attempted = new Set(failure?.attempt?.rows)
    const records: SpoolRecord[] = [
      { rows: [...attempted], token: failure?.attempt?.token },
      { rows: rows.filter(row => !attempted.has(row)) },
    ]
    this.keeping += 1
    try {
      const filled = records.filter(record => record.rows.length > 0)
      await Promise.all(filled.map(async record => spool.append(await packRecord(record))))
    } catch (cause) {
      const why = failure?.message ?? 'the store does not take spans'
      throw new StoreUnavailable(`${why}; ${cause instanceof Error ? cause.message : cause}`, { cause })
    } finally {
      this.keeping -= 1
    }
    if (failure) log.warn('spans wait in the spool until the store takes them', { cause: failure.message })
    this.wake()
  }

  private async drain() {
    const { spool, log, probeMs } = this.parts
    while (spool && !this.stopping.signal.aborted) {
      try {
        // One that was refused is looked for by itself.
        const payloads = await spool.next(this.refusals > 0 ? 1 : mostBytes)
        if (payloads.length === 0) await this.untilWoken()
        else if (await this.takeIn(payloads)) await spool.done()
        else {
          if (this.refusals >= mostRefusals) await this.putBehind(spool, payloads)
          await delay(probeMs, undefined, { signal: this.stopping.signal })
        }
      } catch (error) {
        if (this.stopping.signal.aborted) return
        log.error('the spool cannot be read', { error })
        await delay(probeMs)
      }
    }
  }

  private untilWoken() {
    return new Promise<void>(resolve => {
      this.wake = resolve
      if (this.spooledBytes > 0 || this.stopping.signal.aborted) resolve()
    })
  }

  /** Whether records are dealt with: they are stored, or cannot even be read. */
  private async takeIn(payloads: Buffer[]): Promise<boolean> {
    const now = Date.now()
    const records = (await Promise.all(payloads.map(payload => this.unpack(payload)))).filter(record => !!record)
    const merged = { rows: records.filter(({ token }) => !token).flatMap(({ rows }) => rows) }
    try {
      for (const record of [...records.filter(({ token }) => token), merged]) await this.storeRecord(record, now)
      this.isUp = true
      this.refusals = 0
      return true
    } catch (error) {
      const othersGetIn = this.throughAt >= now
      this.isUp = othersGetIn
      this.mayProbe = !othersGetIn
      if (othersGetIn) this.refusals += 1
      this.parts.log.warn('what is spooled cannot be stored yet', { error, bytes: this.spooledBytes })
      return false
    }
  }

  private async storeRecord(record: SpoolRecord, now: number) {
    // The time a span came into the store: by it the check of `traces` finds what is new there.
    const rows = record.rows.map(row => ({ ...row, receivedMs: now }))
    const fresh = await this.parts.store.store(rows, { token: record.token, deadlineMs })
    this.note(rows, fresh)
  }

  private unpack(payload: Buffer): Promise<SpoolRecord | undefined> {
    return unpackRecord(payload).catch(error => {
      this.parts.log.error('a spooled request cannot be read and is passed over', { error })
      return undefined
    })
  }

  private async putBehind(spool: Spool, payloads: Buffer[]) {
    this.refusals = 0
    await Promise.all(payloads.map(payload => spool.append(payload)))
    await spool.done()
  }

  private note(rows: SpanRow[], fresh: ReadonlySet<SpanRow>) {
    for (const row of rows) {
      const outcome = fresh.has(row) ? 'stored' : 'duplicate'
      this.parts.ledger.record({ projectId: row.projectId, client: '', item: 'spans', outcome, count: 1 })
    }
  }
}
