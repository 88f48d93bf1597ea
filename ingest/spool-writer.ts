import { type FileHandle, open, unlink } from 'node:fs/promises'
import { join } from 'node:path'
import { bytesOf, frame } from './spool-frames.ts'

/** A file of payloads in frames; `appended` counts those that this process wrote. */
export type SpoolFile = { path: string; size: number; appended: number }
type Append = { frame: readonly Buffer[]; resolve(file: SpoolFile): void; reject(error: unknown): void }
type Folder = { folder: string; files: SpoolFile[]; lastNumber: number; fileBytes: number }

export const spoolSuffix = '.spool'
export const spoolFileName = (number: number) => `${String(number).padStart(10, '0')}${spoolSuffix}`
export const spoolFileNumber = (name: string) => Number(name.slice(0, -spoolSuffix.length))

/** Writes payloads to files of a folder, in order, one after the other. Those that come at one time share a sync. */
export class SpoolWriter {
  /** The oldest first. */
  readonly files: SpoolFile[]
  private readonly folder: string
  private readonly fileBytes: number
  private lastNumber: number
  private queue: Append[] = []
  private writing = Promise.resolve()
  private active: { handle: FileHandle; file: SpoolFile } | undefined

  /** A file is begun anew when it has so many bytes. */
  constructor({ folder, files, lastNumber, fileBytes }: Folder) {
    this.folder = folder
    this.files = files
    this.lastNumber = lastNumber
    this.fileBytes = fileBytes
  }

  /**
   * Resolves, when the payload is on disk, with the file that has it; until then its parts must not change. Rejects with a
   * sentence when it cannot be written.
   */
  append(...payload: readonly Buffer[]): Promise<SpoolFile> {
    return new Promise((resolve, reject) => {
      this.queue.push({ frame: frame(payload), resolve, reject })
      void this.inTurn(() => this.write())
    })
  }

  /** What comes from now on goes to a new file. */
  seal(): Promise<void> {
    return this.inTurn(() => this.close())
  }

  isActive(file: SpoolFile): boolean {
    return file === this.active?.file
  }

  /** Removes a file that `isOver`, when what was on its way to it is there. */
  removeIf(file: SpoolFile, isOver: () => boolean): Promise<void> {
    return this.inTurn(async () => {
      if (!isOver() || !this.files.includes(file)) return
      if (this.isActive(file)) await this.close()
      await this.remove(file)
    })
  }

  /** Removes a file that nothing is written to. */
  async remove(file: SpoolFile): Promise<void> {
    await unlink(file.path)
    this.files.splice(this.files.indexOf(file), 1)
  }

  private inTurn(work: () => Promise<void>): Promise<void> {
    const turn = this.writing.then(work)
    this.writing = turn.catch(() => {})
    return turn
  }

  private async write() {
    const appends = this.queue.splice(0)
    if (appends.length === 0) return
    const buffers = appends.flatMap(append => append.frame)
    try {
      this.active ??= await this.begin()
      const { handle, file } = this.active
      await handle.writeFile(buffers)
      await handle.datasync()
      file.size += bytesOf(buffers)
      file.appended += appends.length
      for (const { resolve } of appends) resolve(file)
      if (file.size >= this.fileBytes) await this.close().catch(() => {})
    } catch (cause) {
      await this.giveUp()
      const why = cause instanceof Error ? cause.message : String(cause)
      for (const { reject } of appends) reject(new Error(`the spool cannot be written: ${why}`, { cause }))
    }
  }

  private async begin() {
    this.lastNumber += 1
    const path = join(this.folder, spoolFileName(this.lastNumber))
    const handle = await open(path, 'a')
    const file = { path, size: 0, appended: 0 }
    this.files.push(file)
    this.active = { handle, file }
    const folder = await open(this.folder, 'r')
    await folder.sync().finally(() => folder.close())
    return this.active
  }

  private async close() {
    const active = this.active
    this.active = undefined
    await active?.handle.close()
  }

  /** After a failed write nothing is put behind it: a reader stops at what is torn. */
  private async giveUp() {
    const active = this.active
    if (!active) return
    await active.handle.truncate(active.file.size).catch(() => {})
    await this.close().catch(() => {})
    if (active.file.size > 0) return
    this.files.splice(this.files.indexOf(active.file), 1)
    await unlink(active.file.path).catch(() => {})
  }
}
