import { createHash, randomUUID } from 'node:crypto'
import {
  closeSync,
  createReadStream,
  createWriteStream,
  mkdirSync,
  openSync,
  readdirSync,
  rmSync,
  writeSync,
} from 'node:fs'
import { statfs } from 'node:fs/promises'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'

const memory = '/dev/shm'
/** As many as there are sessions that write. */
const atOnce = 4
const mostInMemory = 128 * 2 ** 20
const mode = 0o600

export type KeptBody = { path: string; remove(): void }
export type InsertBodies = ReturnType<typeof openInsertBodies>

/**
 * Puts request bodies where the engine can read them as files: in memory, or in `dataDir/bodies` from the byte on that
 * is one too many for it. The bytes themselves never become SQL: the engine would execute what follows a blank line in
 * inline data. Opening removes what a killed process left, so only the engine's sole owner may open it.
 */
export function openInsertBodies(dataDir: string, limit = mostInMemory) {
  const onDisk = join(dataDir, 'bodies')
  const prefix = `davylamp-${createHash('sha256').update(dataDir).digest('hex').slice(0, 12)}-`
  rmSync(onDisk, { recursive: true, force: true })
  mkdirSync(onDisk, { recursive: true })
  for (const name of listNames(memory)) if (name.startsWith(prefix)) rmSync(join(memory, name), { force: true })

  /** Answers undefined for an empty body. */
  async function keep(body: AsyncIterable<Buffer>): Promise<KeptBody | undefined> {
    const name = prefix + randomUUID()
    const paths = { memory: join(memory, name), disk: join(onDisk, name) }
    const remove = () => {
      for (const path of Object.values(paths)) rmSync(path, { force: true })
    }
    const most = Math.min(limit, (await roomInMemory()) / (2 * atOnce))
    const iterator = body[Symbol.asyncIterator]()
    try {
      const { bytes, next } = await writeWhileItFits(paths.memory, iterator, most)
      if (!next) return bytes > 0 ? { path: paths.memory, remove } : undefined
      const beginning = bytes > 0 ? createReadStream(paths.memory) : []
      await pipeline(all(beginning, next, iterator), createWriteStream(paths.disk, { mode }))
      rmSync(paths.memory, { force: true })
      return { path: paths.disk, remove }
    } catch (error) {
      remove()
      throw error
    }
  }

  return { keep }
}

/** Writes chunks to a file, which is made for the first; with the `next` one, which was too many, when that is not all. */
async function writeWhileItFits(path: string, iterator: AsyncIterator<Buffer>, most: number) {
  let file: number | undefined
  try {
    for (let bytes = 0; ; ) {
      const { done, value } = await iterator.next()
      if (done) return { bytes }
      if (bytes + value.length > most) return { bytes, next: value as Buffer }
      file ??= openSync(path, 'wx', mode)
      // Memory takes a chunk faster than a thread could be asked to write it.
      for (let at = 0; at < value.length; ) at += writeSync(file, value, at)
      bytes += value.length
    }
  } finally {
    if (file !== undefined) closeSync(file)
  }
}

async function* all(beginning: AsyncIterable<Buffer> | Buffer[], then: Buffer, rest: AsyncIterator<Buffer>) {
  yield* beginning
  yield then
  for (let next = await rest.next(); !next.done; next = await rest.next()) yield next.value
}

/** Bytes; 0 where the system has no such place. */
async function roomInMemory(): Promise<number> {
  const room = await statfs(memory).catch(() => undefined)
  return room ? room.bavail * room.bsize : 0
}

function listNames(folder: string): string[] {
  try {
    return readdirSync(folder)
  } catch {
    return []
  }
}
