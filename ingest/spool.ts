import { type FileHandle, open, readdir, stat, unlink } from 'node:fs/promises'
import { join } from 'node:path'
import type { Logger } from '../db/log.ts'
import { frame, readFrame } from './spool-frames.ts'

export type SpoolLimits = {
  /** On disk, all together. */
  bytes: number
  /** A file is begun anew when it is this large. */
  fileBytes: number
}
export const spoolLimits: SpoolLimits = { bytes: 1 << 30, fileBytes: 64 << 20 }

type Opening = { folder: string; limits: SpoolLimits; log: Logger; release(): void }
type File = { path: string; size: number }
type Reading = { handle: FileHandle; at: number; end: number }
type Append = { bytes: Buffer; resolve(): void; reject(error: unknown): void }

export const spoolSuffix = '.spool'
export const spoolFileName = (number: number) => `${String(number).padStart(10, '0')}${spoolSuffix}`
export const spoolFileNumber = (name: string) => Number(name.slice(0, -spoolSuffix.length))

/**
 * A queue of payloads in files, for one process. A payload is on disk when `append` resolves; those that come at one
 * time share a sync. Files are read in order and removed when all they hold is done; after a kill the last one is read
 * from its beginning, so who takes payloads out must bear to see one again.
 */
export class Spool {
  private readonly folder: string
  private readonly limits: SpoolLimits
  private readonly log: Logger
  private readonly release: () => void
  private readonly files: File[]
  private lastNumber: number
  private used: number
  private queue: Append[] = []
  private writing = Promise.resolve()
  private active: { handle: FileHandle; file: File } | undefined
  private reading: Reading | undefined

  private constructor({ folder, limits, log, release }: Opening, files: (File & { number: number })[]) {
    this.folder = folder
    this.limits = limits
    this.log = log
    this.release = release
    this.files = files.sort((a, b) => a.number - b.number)
    this.lastNumber = files.at(-1)?.number ?? 0
    this.used = files.reduce((sum, { size }) => sum + size, 0)
  }

  /** Opens a folder, which this process alone has until `release`, with what an earlier process left in it. */
  static async open(opening: Opening): Promise<Spool> {
    const names = (await readdir(opening.folder)).filter(name => name.endsWith(spoolSuffix))
    const files = names.map(async name => {
      const path = join(opening.folder, name)
      return { path, number: spoolFileNumber(name), size: (await stat(path)).size }
    })
    return new Spool(opening, await Promise.all(files))
  }

  /** Bytes on disk, and of appends under way. */
  get bytes(): number {
    return this.used
  }

  /** Resolves when the payload is on disk. Rejects with a sentence when the spool is full or cannot be written. */
  append(payload: Buffer): Promise<void> {
    const bytes = frame(payload)
    if (this.used + bytes.length > this.limits.bytes)
      return Promise.reject(new Error(`the spool is full: it holds ${this.used} of ${this.limits.bytes} bytes`))
    this.used += bytes.length
    return new Promise((resolve, reject) => {
      this.queue.push({ bytes, resolve, reject })
      void this.inTurn(() => this.write())
    })
  }

  /** The oldest payloads of one file, at least one and up to so many bytes, the same until `done`; empty without any. */
  async next(mostBytes = 1): Promise<Buffer[]> {
    for (;;) {
      const [file] = this.files
      if (!file) return []
      if (file === this.active?.file) await this.inTurn(() => this.seal())
      this.reading ??= { handle: await open(file.path, 'r'), at: 0, end: 0 }
      const payloads = await this.read(this.reading, file, mostBytes)
      if (payloads.length > 0) return payloads
      await this.remove(file)
    }
  }

  /** Says that the payloads `next` gave are no longer needed. */
  async done(): Promise<void> {
    const [file] = this.files
    if (!file || !this.reading) return
    this.reading.at = this.reading.end
    if (this.reading.at >= file.size) await this.remove(file)
  }

  async close(): Promise<void> {
    await this.inTurn(() => this.seal())
    await this.reading?.handle.close()
    this.reading = undefined
    this.release()
  }

  private async read(reading: Reading, file: File, mostBytes: number): Promise<Buffer[]> {
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

  private inTurn(work: () => Promise<void>): Promise<void> {
    const turn = this.writing.then(work)
    this.writing = turn.catch(() => {})
    return turn
  }

  private async write() {
    const appends = this.queue.splice(0)
    if (appends.length === 0) return
    const bytes = Buffer.concat(appends.map(append => append.bytes))
    try {
      this.active ??= await this.begin()
      await this.active.handle.appendFile(bytes)
      await this.active.handle.datasync()
      this.active.file.size += bytes.length
      for (const { resolve } of appends) resolve()
      if (this.active.file.size >= this.limits.fileBytes) await this.seal().catch(() => {})
    } catch (cause) {
      this.used -= bytes.length
      await this.giveUp()
      const why = cause instanceof Error ? cause.message : String(cause)
      for (const { reject } of appends) reject(new Error(`the spool cannot be written: ${why}`, { cause }))
    }
  }

  private async begin() {
    this.lastNumber += 1
    const path = join(this.folder, spoolFileName(this.lastNumber))
    const handle = await open(path, 'a')
    const file = { path, size: 0 }
    this.files.push(file)
    this.active = { handle, file }
    const folder = await open(this.folder, 'r')
    await folder.sync().finally(() => folder.close())
    return this.active
  }

  private async seal() {
    const active = this.active
    this.active = undefined
    await active?.handle.close()
  }

  /** After a failed write nothing is put behind it: a reader stops at what is torn. */
  private async giveUp() {
    const active = this.active
    if (!active) return
    await active.handle.truncate(active.file.size).catch(() => {})
    await this.seal().catch(() => {})
    if (active.file.size > 0) return
    this.files.splice(this.files.indexOf(active.file), 1)
    await unlink(active.file.path).catch(() => {})
  }

  private async remove(file: File) {
    await this.reading?.handle.close()
    this.reading = undefined
    await unlink(file.path)
    this.files.shift()
    this.used -= file.size
  }
}
