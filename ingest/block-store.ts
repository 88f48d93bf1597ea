import { randomUUID } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import type { Logger } from '../db/log.ts'
import { freeBlock, monthsPerInsert, readSpanBlocks, type SpanBlock, spanBlocks } from '../db/span-block.ts'
import { type SpanRow, spanKey } from '../db/spans.ts'
import { withSpan } from '../db/telemetry.ts'
import { Gather, type GatherLimits } from './gather.ts'
import type { Journal, Journalled } from './journal.ts'
import { LoadGauge } from './load-gauge.ts'
import { type Patience, patience, persist, StoreUnavailable } from './persist.ts'
import type { SpanTable } from './span-table.ts'
import type { Spooler } from './spooler.ts'

/** What became of a block: it is stored, or on disk to be stored later. */
export type Kept = 'stored' | 'spooled'

/** When a block is safe and its request can be answered, and when nothing is under way to the store for it any more. */
export type Put = { kept: Promise<Kept>; over: Promise<unknown> }

type Try = Patience & { token?: string /** Whether the same was sent before, with this token. */; wasTried: boolean }

const mostRows = 32_768
const mostBytes = 96 << 20

const sum = (blocks: readonly SpanBlock[], of: (block: SpanBlock) => number) =>
  blocks.reduce((total, block) => total + of(block), 0)

const fits = (blocks: readonly SpanBlock[], next: SpanBlock) =>
  sum(blocks, ({ rows }) => rows) + next.rows <= mostRows &&
  sum(blocks, ({ bytes }) => bytes.length) + next.bytes.length <= mostBytes &&
  new Set([...blocks, next].flatMap(({ months }) => months)).size <= monthsPerInsert

/** One insert costs the store as much as 2,000 rows: so several a second at most, which are as large as they become. */
export const insertLimits: GatherLimits<SpanBlock> = { inFlight: 1, burst: 4, paceMs: 200, fits }

/** Those whose requests are answered can wait. */
const journalledLimits: GatherLimits<Journalled> = {
  inFlight: 1,
  burst: 1,
  paceMs: 500,
  fits: (some, next) =>
    fits(
      some.map(({ block }) => block),
      next.block,
    ),
}

/** Spans a second from which on requests are answered when they are on disk. */
const highLoad = { perSecond: 2_000, burst: 8_192 }
/** Of blocks that were answered and are not inserted. */
const mostJournalledBytes = 32 << 20

type Parts = {
  table: SpanTable
  spooler: Spooler
  log: Logger
  patience?: Patience
  journal?: Journal
  highLoad?: { perSecond: number; burst: number }
}

/**
 * Stores blocks of spans that nobody else stores, in larger inserts of those that come at one time. An insert whose answer
 * got lost is sent again with the same blocks and token, so it lands once, and is then looked for: a server that was killed
 * between noting a token and storing its rows takes the second sending for a duplicate of rows that it does not have. While
 * the store does not take them, blocks go to the spool. Under load a block is kept in the journal, its request answered, and
 * it waits for a larger insert: an insert costs the store most before its first row.
 */
export class BlockStore {
  private readonly table: SpanTable
  private readonly spooler: Spooler
  private readonly log: Logger
  private readonly patience: Patience
  private readonly inserts: Gather<SpanBlock, Kept>
  private readonly journal: Journal | undefined
  private readonly journalled: Gather<Journalled, void>
  private readonly load: LoadGauge
  private journalledBytes = 0
  private readonly stopping = new AbortController()

  constructor(parts: Parts) {
    this.table = parts.table
    this.spooler = parts.spooler
    this.log = parts.log
    this.patience = parts.patience ?? patience
    this.inserts = new Gather(blocks => this.keep(blocks, { token: randomUUID() }), insertLimits)
    this.journal = parts.journal
    this.journalled = new Gather(blocks => this.insertJournalled(blocks), journalledLimits)
    this.load = new LoadGauge(parts.highLoad ?? highLoad)
  }

  /** `kept` resolves when the block is stored, or on disk. It rejects with StoreUnavailable when it is neither. */
  put(block: SpanBlock): Put {
    this.load.add(block.rows)
    const hasRoom = this.journalledBytes + block.bytes.length <= mostJournalledBytes
    if (this.journal && this.load.isHigh && hasRoom && this.spooler.isThrough)
      return this.answerFirst(block, this.journal)
    const kept = this.inserts.add(block)
    return { kept, over: kept }
  }

  private answerFirst(block: SpanBlock, journal: Journal): Put {
    const { length } = block.bytes
    this.journalledBytes += length
    const onDisk = journal.keep(block)
    const over = onDisk.then(
      journalled => this.journalled.add(journalled),
      cause => {
        this.log.warn('spans cannot be written to the journal, their requests wait for the store', { cause })
        return this.inserts.add(block)
      },
    )
    const kept = onDisk.then(
      () => 'stored' as const,
      () => over as Promise<Kept>,
    )
    const forget = () => {
      this.journalledBytes -= length
    }
    over.then(forget, forget)
    return { kept, over }
  }

  /** Resolves when they are stored or in the spool; when neither can be had, by the end of this process, they stay. */
  private async insertJournalled(journalled: readonly Journalled[]): Promise<void> {
    await this.journal?.turnOver().catch(() => {})
    const blocks = journalled.map(({ block }) => block)
    const token = randomUUID()
    for (let tries = 0; ; tries++) {
      try {
        await this.keep(blocks, { token, wasTried: tries > 0, isBooked: true })
        break
      } catch (error) {
        if (tries === 0) this.log.warn('spans stay in the journal until the store or the spool takes them', { error })
        await delay(journalRetryMs, undefined, { signal: this.stopping.signal }).catch(() => {})
        if (this.stopping.signal.aborted) return
      }
    }
    await this.journal?.stored(journalled).catch(cause => this.log.warn('the journal cannot be tidied', { cause }))
  }

  /** Puts blocks on disk, of which the store could not even say whether it has them. */
  spool(blocks: readonly SpanBlock[], cause: StoreUnavailable): Promise<void> {
    return this.spooler.keep({ blocks }, cause)
  }

  /** Stores blocks that waited on disk, with the token of an insert that was tried. Throws StoreUnavailable. */
  async insertNow(blocks: readonly SpanBlock[], token: string | undefined): Promise<void> {
    for (const block of blocks)
      await this.insert([block], { token, ...this.patience, deadlineMs: 10_000, wasTried: token !== undefined })
  }

  /** Resolves with how often it was sent. */
  private async insert(
    blocks: readonly SpanBlock[],
    { wasTried, token = randomUUID(), ...given }: Try,
  ): Promise<number> {
    const rows = sum(blocks, block => block.rows)
    const months = new Set(blocks.flatMap(block => block.months)).size
    const attributes = { 'db.system.name': 'clickhouse', 'db.operation.batch.size': rows }
    let sent = 0
    const work = async (signal: AbortSignal) => {
      const mayLack = wasTried || sent > 0
      sent += 1
      await this.table.insert(blocks, token, signal)
      if (mayLack) await this.insertMissing(blocks, signal)
    }
    const allowed = { ...given, deadlineMs: given.deadlineMs + monthMs * (months - 1) }
    await withSpan('insert spans', attributes, () => persist(work, allowed, this.log))
    return sent
  }

  private async insertMissing(blocks: readonly SpanBlock[], signal: AbortSignal): Promise<void> {
    const rows = blocks.flatMap(({ bytes }) => readSpanBlocks(bytes) as SpanRow[])
    const stored = await this.table.existing(rows, signal)
    const missing = rows.filter(row => !stored.has(spanKey(row)))
    if (missing.length > 0) await this.table.insert(spanBlocks(missing), randomUUID(), signal)
  }

  /** Resolves when nothing is under way: all is stored, in the spool, or left in the journal. */
  async drain(): Promise<void> {
    const lastTry = setTimeout(() => this.stopping.abort(), this.patience.deadlineMs)
    await Promise.all([this.inserts.drain(), this.journalled.drain()])
    clearTimeout(lastTry)
  }

  private async keep(
    blocks: readonly SpanBlock[],
    { token, wasTried = false, isBooked }: { token: string; wasTried?: boolean; isBooked?: boolean },
  ): Promise<Kept> {
    let failure: StoreUnavailable | undefined
    if (this.spooler.mayTry()) {
      try {
        const sent = await this.insert(blocks, { ...this.patience, token, wasTried })
        this.spooler.gotThrough()
        // What was sent twice may be on its way yet.
        if (sent === 1 && !wasTried) for (const block of blocks) freeBlock(block)
        return 'stored'
      } catch (error) {
        if (!(error instanceof StoreUnavailable)) throw error
        failure = error
        this.spooler.wentDown()
      }
    }
    // What was tried may arrive yet, so it is tried again as it was.
    await this.spooler.keep({ blocks, token: failure || wasTried ? token : undefined, isBooked }, failure)
    return 'spooled'
  }
}

/** Each month is a partition that is written and synced by itself; only wrong clocks make many of them. */
const monthMs = 50
const journalRetryMs = 1_000
