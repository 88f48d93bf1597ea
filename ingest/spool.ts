import { type FileHandle, open, readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { Logger } from '../db/log.ts'
import { headerBytes, readFrame } from './spool-frames.ts'
import { type SpoolFile, SpoolWriter, spoolFileName, spoolFileNumber, spoolSuffix } from './spool-writer.ts'

export type SpoolLimits = {
  /** On disk, all together. */
  bytes: number
  /** A file is begun anew when it is this large. */
  fileBytes: number
}
export const spoolLimits: SpoolLimits = { bytes: 1 << 30, fileBytes: 64 << 20 }

type Opening = { folder: string; limits: SpoolLimits; log: Logger; release(): void }
type Reading = { handle: FileHandle; at: number; end: number }

/** The spool files that a folder holds, the oldest first. */
export async function spoolFilesOf(folder: string): Promise<{ files: SpoolFile[]; lastNumber: number }> {
  const names = (await readdir(folder)).filter(name => name.endsWith(spoolSuffix))
  names.sort((a, b) => spoolFileNumber(a) - spoolFileNumber(b))
  const files = names.map(async name => {
    const path = join(folder, name)
    return { path, size: (await stat(path)).size, appended: 0 }
  })
  return { files: await Promise.all(files), lastNumber: spoolFileNumber(names.at(-1) ?? spoolFileName(0)) }
}

/**
 * A queue of payloads in files, for one process. A payload is on disk when `append` resolves; those that come at one
 * time share a sync. Files are read in order and removed when all they hold is done; after a kill the last one is read
 * from its beginning, so who takes payloads out must bear to see one again.
 */
export class Spool {
  private readonly limits: SpoolLimits
  private readonly log: Logger
  private readonly release: () => void
  private readonly writer: SpoolWriter
  private used: number
  private reading: Reading | undefined

  private constructor({ limits, log, release }: Opening, writer: SpoolWriter) {
    this.limits = limits
    this.log = log
    this.release = release
    this.writer = writer
    this.used = writer.files.reduce((sum, { size }) => sum + size, 0)
  }

  /** Opens a folder, which this process alone has until `release`, with what an earlier process left in it. */
  static async open(opening: Opening): Promise<Spool> {
    const { folder, limits } = opening
    const found = await spoolFilesOf(folder)
    return new Spool(opening, new SpoolWriter({ folder, ...found, fileBytes: limits.fileBytes }))
  }

  /** Bytes on disk, and of appends under way. */
  get bytes(): number {
    return this.used
  }

  /** Resolves when the payload is on disk. Rejects with a sentence when the spool is full or cannot be written. */
  async append(payload: Buffer): Promise<void> {
    const bytes = headerBytes + payload.length
    if (this.used + bytes > this.limits.bytes)
      throw new Error(`the spool is full: it holds ${this.used} of ${this.limits.bytes} bytes`)
    this.used += bytes
    try {
      await this.writer.append(payload)
    } catch (error) {
      this.used -= bytes
      throw error
    }
  }

  /** The oldest payloads of one file, at least one and up to so many bytes, the same until `done`; empty without any. */
  async next(mostBytes = 1): Promise<Buffer[]> {
    for (;;) {
      const [file] = this.writer.files
      if (!file) return []
      if (this.writer.isActive(file)) await this.writer.seal()
      this.reading ??= { handle: await open(file.path, 'r'), at: 0, end: 0 }
      const payloads = await this.read(this.reading, file, mostBytes)
      if (payloads.length > 0) return payloads
      await this.remove(file)
    }
  }

  /** Says that the payloads `next` gave are no longer needed. */
  async done(): Promise<void> {
    const [file] = this.writer.files
    if (!file || !this.reading) return
    this.reading.at = this.reading.end
    if (this.reading.at >= file.size) await this.remove(file)
  }

  async close(): Promise<void> {
    await this.writer.seal()
    await this.reading?.handle.close()
    this.reading = undefined
    this.release()
  }

  private async read(reading: Reading, file: SpoolFile, mostBytes: number): Promise<Buffer[]> {
    const payloads: Buffer[] = []
    reading.end = reading.at
    while (reading.end < file.size && reading.end - reading.at < mostBytes) {
      const found = await readFrame(reading.handle, reading.end, file.size)
      if (!found) {
        if (payloads.length === 0) this.log.warn('a spooled request was cut short by the end of a process')
        break
      }
      if (found.payload) payloads.push(found.payload)
      else this.log.error('a spooled request is damaged and is passed over', { file: file.path, at: reading.end })
      reading.end = found.end
    }
    return payloads
  }

  private async remove(file: SpoolFile) {
    await this.reading?.handle.close()
    this.reading = undefined
    await this.writer.remove(file)
    this.used -= file.size
  }
}
