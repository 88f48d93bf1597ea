import { setTimeout as delay } from 'node:timers/promises'
import type { Logger } from '../db/log.ts'
import type { SpanRow } from '../db/spans.ts'
import { StoreUnavailable } from './persist.ts'
import type { Spool } from './spool.ts'
import { packRecord, type SpoolMarks, type SpoolRecord, unpackRecord } from './spool-record.ts'

/** Stores rows of the spool by a look-up, since they may be stored already. Throws StoreUnavailable. */
export type StoreSpooled = (rows: SpanRow[], marks: SpoolMarks) => Promise<void>

type Parts = { spool: Spool | undefined; log: Logger; probeMs?: number }

/** A record that the store refused so often, while it took others, goes behind those that wait. */
const mostRefusals = 3
/** Of records that are taken in by one insert. */
const mostBytes = 1 << 20

/**
 * Keeps on disk what the store does not take, and gives it to the store, oldest first, when it is back. The store counts
 * as down from a failure until something gets through: the spool's oldest record is tried every second. A record goes in
 * by the same look-up as a request that is sent again, so it lands once, also when its failed insert had arrived, when its
 * client sent it again, or when a killed process had it in already.
 */
export class Spooler {
  private readonly spool: Spool | undefined
  private readonly log: Logger
  private readonly probeMs: number
  private isUp = true
  private mayProbe = false
  private throughAt = 0
  private keeping = 0
  private refusals = 0
  private readonly stopping = new AbortController()
  private wake = () => {}
  private draining = Promise.resolve()

  constructor({ spool, log, probeMs = 1_000 }: Parts) {
    this.spool = spool
    this.log = log
    this.probeMs = probeMs
  }

  /** Begins to store what is on disk. */
  start(store: StoreSpooled) {
    this.draining = this.drain(store)
  }

  /** Bytes that wait in the spool. */
  get spooledBytes(): number {
    return this.spool?.bytes ?? 0
  }

  /** Whether spans are taken while the store is down. */
  get canSpool(): boolean {
    return this.spool !== undefined
  }

  /** Whether to try the store: it is up, nobody else would find out that it is, or it is time for a try. */
  mayTry(): boolean {
    const nothingWaits = this.spooledBytes === 0 && this.keeping === 0
    if (!this.isUp && !this.mayProbe && !nothingWaits) return false
    this.mayProbe = false
    return true
  }

  gotThrough() {
    this.isUp = true
    this.throughAt = Date.now()
  }

  /** Whether the store takes what it is given, as far as is known. */
  get isThrough(): boolean {
    return this.isUp
  }

  wentDown() {
    this.isUp = false
  }

  /** Resolves when a record is on disk. Throws StoreUnavailable when it cannot be. */
  async keep(record: SpoolRecord, failure: StoreUnavailable | undefined): Promise<void> {
    if (!this.spool) throw failure ?? new StoreUnavailable('the store does not take spans')
    this.keeping += 1
    try {
      await this.spool.append(await packRecord(record))
    } catch (cause) {
      const why = failure?.message ?? 'the store does not take spans'
      throw new StoreUnavailable(`${why}; ${cause instanceof Error ? cause.message : cause}`, { cause })
    } finally {
      this.keeping -= 1
    }
    if (failure) this.log.warn('spans wait in the spool until the store takes them', { cause: failure.message })
    this.wake()
  }

  /** Waits for nothing but the record under way; what is spooled stays for the next start. */
  async stop(): Promise<void> {
    this.stopping.abort()
    this.wake()
    await Promise.race([this.draining, delay(1_000, undefined, { ref: false })])
    await this.spool?.close()
  }

  private async drain(store: StoreSpooled) {
    const { spool, log, probeMs } = this
    while (spool && !this.stopping.signal.aborted) {
      try {
        // One that was refused is looked for by itself.
        const payloads = await spool.next(this.refusals > 0 ? 1 : mostBytes)
        if (payloads.length === 0) await this.untilWoken()
        else if (await this.takeIn(payloads, store)) await spool.done()
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
  private async takeIn(payloads: Buffer[], store: StoreSpooled): Promise<boolean> {
    const now = Date.now()
    const records = (await Promise.all(payloads.map(payload => this.unpack(payload)))).filter(record => !!record)
    const merged = (isBooked: boolean) => ({
      rows: records.filter(record => !record.token && !!record.isBooked === isBooked).flatMap(({ rows }) => rows),
      isBooked,
    })
    try {
      // The time a span came into the store: by it the check of `traces` finds what is new there.
      for (const { rows, ...marks } of [...records.filter(({ token }) => token), merged(false), merged(true)])
        if (rows.length > 0)
          await store(
            rows.map(row => ({ ...row, receivedMs: now })),
            marks,
          )
      this.isUp = true
      this.refusals = 0
      return true
    } catch (error) {
      const othersGetIn = this.throughAt >= now
      this.isUp = othersGetIn
      this.mayProbe = !othersGetIn
      if (othersGetIn) this.refusals += 1
      this.log.warn('what is spooled cannot be stored yet', { error, bytes: this.spooledBytes })
      return false
    }
  }

  private unpack(payload: Buffer) {
    return unpackRecord(payload).catch(error => {
      this.log.error('a spooled request cannot be read and is passed over', { error })
      return undefined
    })
  }

  private async putBehind(spool: Spool, payloads: Buffer[]) {
    this.refusals = 0
    await Promise.all(payloads.map(payload => spool.append(payload)))
    await spool.done()
  }
}
