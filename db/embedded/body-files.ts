import { createHash, randomUUID } from 'node:crypto'
import { constants, lstatSync, readdirSync, readlinkSync, rmSync } from 'node:fs'
import { type FileHandle, open, statfs } from 'node:fs/promises'
import { join } from 'node:path'
import { SqlError } from './sql-text.ts'

export const memory = '/dev/shm'
/** The header by which an insert names the file that holds its body. */
export const bodyHeader = 'x-davylamp-body'
/** As many inserts as are written at a time: there are so many sessions that write. */
export const atOnce = 4
export const mostInMemory = 128 << 20
/** A smaller body is sent over the connection. */
const least = 1 << 18
const mostIdle = 2

type File = { path: string; handle: FileHandle }
/** A body that an insert can name. `done` says whether the insert is over, so that nobody reads the file any more. */
export type BodyFile = { name: string; done(isOver: boolean): void }

/** By a process id one finds a process only where ids mean the same: in a container they are others. */
const idSpace = (() => {
  try {
    return /\d+/.exec(readlinkSync('/proc/self/ns/pid'))?.[0] ?? ''
  } catch {
    return ''
  }
})()
const owned = /^davylamp-[0-9a-f]{12}-in(\d+)-by(\d+)-/

/** The name of a new file, which tells whose it is. */
export const bodyName = (prefix: string) => `${prefix}in${idSpace}-by${process.pid}-${randomUUID()}`

/**
 * Removes the files of an engine's directory, which only its sole owner may ask for, and those for any directory whose
 * processes are gone. A file whose process cannot be told stays.
 */
export function removeLeftBodies(prefix: string) {
  for (const name of listNames(memory)) {
    const [, space, owner] = owned.exec(name) ?? []
    // Containers that share this memory may each have a directory of the same path.
    if (space !== undefined && space !== idSpace) continue
    if (!name.startsWith(prefix) && !(owner && isGone(Number(owner)))) continue
    try {
      rmSync(join(memory, name), { force: true })
    } catch {
      // It is another user's.
    }
  }
}

function listNames(folder: string): string[] {
  try {
    return readdirSync(folder)
  } catch {
    return []
  }
}

function isGone(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return false
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'ESRCH'
  }
}

/** What the names of all files begin with that hold bodies for the engine of a directory. */
export const bodyPrefix = (dataDir: string) =>
  `davylamp-${createHash('sha256').update(dataDir).digest('hex').slice(0, 12)}-`

/** Bytes that one body may take of the machine's memory; 0 where the system has no such place. */
export async function roomForBody(limit = mostInMemory): Promise<number> {
  const room = await statfs(memory).catch(() => undefined)
  return room ? Math.min(limit, (room.bavail * room.bsize) / (2 * atOnce)) : 0
}

/**
 * Hands large bodies of inserts to the embedded engine as files in memory, which it reads where they lie: over the
 * connection each byte would be copied three times more. A file is written over again for the next body, since memory
 * that is taken anew is cleared first. A process that is killed leaves files, which the next engine removes when it starts.
 */
export class BodyFiles {
  private readonly prefix: string
  private readonly idleMs: number
  private idle: File[] = []
  private timer: NodeJS.Timeout | undefined

  /** For the engine of a directory. A file that nothing was written to for `idleMs` is removed. */
  constructor(dataDir: string, idleMs = 10_000) {
    this.prefix = bodyPrefix(dataDir)
    this.idleMs = idleMs
  }

  /** Resolves with undefined for a body to be sent over the connection: a small one, or one that there is no room for. */
  async write(parts: readonly Buffer[]): Promise<BodyFile | undefined> {
    const bytes = parts.reduce((sum, { length }) => sum + length, 0)
    if (bytes < least || bytes > (await roomForBody())) return undefined
    let file: File | undefined
    try {
      file = (await this.takeIdle()) ?? (await this.create())
      const { bytesWritten } = await file.handle.writev(parts, 0)
      if (bytesWritten !== bytes) throw new Error(`${bytesWritten} of ${bytes} bytes were written`)
      await file.handle.truncate(bytes)
    } catch {
      if (file) remove(file)
      return undefined
    }
    const written = file
    return { name: written.path.slice(memory.length + 1), done: isOver => this.done(written, isOver) }
  }

  close() {
    clearTimeout(this.timer)
    for (const file of this.idle.splice(0)) remove(file)
  }

  private done(file: File, isOver: boolean) {
    if (!isOver || this.idle.length >= mostIdle) return remove(file)
    this.idle.push(file)
    this.timer ??= setTimeout(() => {
      this.timer = undefined
      this.close()
    }, this.idleMs).unref()
    this.timer.refresh()
  }

  /** One that is still there: the engine removes all when it is started again. */
  private async takeIdle(): Promise<File | undefined> {
    for (let file = this.idle.pop(); file; file = this.idle.pop()) {
      if ((await file.handle.stat()).nlink > 0) return file
      remove(file)
    }
    return undefined
  }

  private async create(): Promise<File> {
    const path = join(memory, bodyName(this.prefix))
    const { O_RDWR, O_CREAT, O_EXCL } = constants
    return { path, handle: await open(path, O_RDWR | O_CREAT | O_EXCL, 0o600) }
  }
}

function remove({ path, handle }: File) {
  rmSync(path, { force: true })
  void handle.close().catch(() => {})
}

/** Where a named body lies. Throws SqlError when it is not there, or not one that a process of ours has written. */
export function findBody(prefix: string, name: string): string {
  const path = join(memory, name)
  const found =
    /^[\w-]+$/.test(name) && name.startsWith(prefix) ? lstatSync(path, { throwIfNoEntry: false }) : undefined
  if (!found?.isFile() || found.uid !== process.getuid?.())
    throw new SqlError(107, `The body ${name.slice(0, 80)} is not there. (FILE_DOESNT_EXIST)`)
  return path
}
