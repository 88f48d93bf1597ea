import { randomUUID } from 'node:crypto'
import type { Logger } from '../db/log.ts'
import { freeBlock, monthsPerInsert, readSpanBlocks, type SpanBlock, spanBlocks } from '../db/span-block.ts'
import { type SpanRow, spanKey } from '../db/spans.ts'
import { withSpan } from '../db/telemetry.ts'
import { Gather, type GatherLimits } from './gather.ts'
import { type Patience, patience, persist, StoreUnavailable } from './persist.ts'
import type { SpanTable } from './span-table.ts'
import type { Spooler } from './spooler.ts'

/** What became of a block: it is stored, or on disk to be stored later. */
export type Kept = 'stored' | 'spooled'

type Try = Patience & { token?: string /** Whether the same was sent before, with this token. */; wasTried: boolean }

const mostRows = 32_768
const mostBytes = 96 << 20

const sum = (blocks: readonly SpanBlock[], of: (block: SpanBlock) => number) =>
  blocks.reduce((total, block) => total + of(block), 0)

/** One insert costs the store as much as 2,000 rows: so several a second at most, which are as large as they become. */
export const insertLimits: GatherLimits<SpanBlock> = {
  inFlight: 1,
  burst: 4,
  paceMs: 200,
  fits: (blocks, next) =>
    sum(blocks, ({ rows }) => rows) + next.rows <= mostRows &&
    sum(blocks, ({ bytes }) => bytes.length) + next.bytes.length <= mostBytes &&
    new Set([...blocks, next].flatMap(({ months }) => months)).size <= monthsPerInsert,
}

/**
 * Stores blocks of spans that nobody else stores, in larger inserts of those that come at one time. An insert whose answer
 * got lost is sent again with the same blocks and token, so it lands once, and is then looked for: a server that was killed
 * between noting a token and storing its rows takes the second sending for a duplicate of rows that it does not have. While
 * the store does not take them, blocks go to the spool.
 */
export class BlockStore {
  private readonly table: SpanTable
  private readonly spooler: Spooler
  private readonly log: Logger
  private readonly patience: Patience
  private readonly inserts: Gather<SpanBlock, Kept>

  constructor(parts: { table: SpanTable; spooler: Spooler; log: Logger; patience?: Patience }) {
    this.table = parts.table
    this.spooler = parts.spooler
    this.log = parts.log
    this.patience = parts.patience ?? patience
    this.inserts = new Gather(blocks => this.keep(blocks), insertLimits)
  }

  /** Resolves when the block is stored, or on disk. Throws StoreUnavailable when it is neither. */
  put(block: SpanBlock): Promise<Kept> {
    return this.inserts.add(block)
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

  drain(): Promise<void> {
    return this.inserts.drain()
  }

  private async keep(blocks: readonly SpanBlock[]): Promise<Kept> {
    const token = randomUUID()
    let failure: StoreUnavailable | undefined
    if (this.spooler.mayTry()) {
      try {
        const sent = await this.insert(blocks, { ...this.patience, token, wasTried: false })
        this.spooler.gotThrough()
        // What was sent twice may be on its way yet.
        if (sent === 1) for (const block of blocks) freeBlock(block)
        return 'stored'
      } catch (error) {
        if (!(error instanceof StoreUnavailable)) throw error
        failure = error
        this.spooler.wentDown()
      }
    }
    // What was tried may arrive yet, so it is tried again as it was.
    await this.spooler.keep({ blocks, token: failure && token }, failure)
    return 'spooled'
  }
}

/** Each month is a partition that is written and synced by itself; only wrong clocks make many of them. */
const monthMs = 50
