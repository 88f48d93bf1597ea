import type { SpanBlock } from '../db/span-block.ts'
import { spoolFilesOf } from './spool.ts'
import { packJournalled } from './spool-record.ts'
import { type SpoolFile, SpoolWriter } from './spool-writer.ts'

const fileBytes = 64 << 20

/** A block on disk. */
export type Journalled = { block: SpanBlock; file: SpoolFile }

/**
 * Blocks that were answered and wait for the next insert, on disk until it has stored them. Its files are those of a
 * spool: what a killed process left in them is taken in by the spool of the next.
 */
export class Journal {
  private readonly writer: SpoolWriter
  private readonly release: () => void
  private readonly done = new Map<SpoolFile, number>()

  private constructor(writer: SpoolWriter, release: () => void) {
    this.writer = writer
    this.release = release
  }

  /** Opens a folder, which this process alone has until it is closed. Rejects when it cannot be read. */
  static async open({ path, release }: { path: string; release(): void }): Promise<Journal> {
    try {
      const { lastNumber } = await spoolFilesOf(path)
      return new Journal(new SpoolWriter({ folder: path, files: [], lastNumber, fileBytes }), release)
    } catch (error) {
      release()
      throw error
    }
  }

  /** Bytes on disk. */
  get bytes(): number {
    return this.writer.files.reduce((sum, { size }) => sum + size, 0)
  }

  /** Resolves when the block is on disk. Rejects with a sentence when it cannot be written. */
  async keep(block: SpanBlock): Promise<Journalled> {
    return { block, file: await this.writer.append(...packJournalled(block)) }
  }

  /** What is kept from now on goes to another file, so that the one before is removed when all in it is stored. */
  turnOver(): Promise<void> {
    return this.writer.seal()
  }

  /** Says that blocks are stored. */
  async stored(blocks: readonly Journalled[]): Promise<void> {
    for (const { file } of blocks) this.done.set(file, (this.done.get(file) ?? 0) + 1)
    for (const file of new Set(blocks.map(({ file }) => file))) {
      await this.writer.removeIf(file, () => this.done.get(file) === file.appended)
      if (!this.writer.files.includes(file)) this.done.delete(file)
    }
  }

  /** What is not stored stays on disk, for the next process. */
  async close(): Promise<void> {
    await this.writer.seal()
    this.release()
  }
}
