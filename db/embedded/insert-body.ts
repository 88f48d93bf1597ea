import { createHash, randomUUID } from 'node:crypto'
import { createWriteStream, mkdirSync, readdirSync, rmSync } from 'node:fs'
import { statfs, unlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'

const inMemory = '/dev/shm'
const smallBytes = 16 * 2 ** 20
const mode = 0o600

export type KeptBody = { path: string; remove(): Promise<void> }
export type InsertBodies = ReturnType<typeof openInsertBodies>

/**
 * Puts request bodies where the engine can read them as files: in memory when small and there is room, else in
 * `dataDir/bodies`. The bytes themselves never become SQL: the engine would execute what follows a blank line in
 * inline data. Opening removes what a killed process left, so only the engine's sole owner may open it.
 */
export function openInsertBodies(dataDir: string) {
  const onDisk = join(dataDir, 'bodies')
  const prefix = `davylamp-${createHash('sha256').update(dataDir).digest('hex').slice(0, 12)}-`
  rmSync(onDisk, { recursive: true, force: true })
  mkdirSync(onDisk, { recursive: true })
  for (const name of listNames(inMemory)) if (name.startsWith(prefix)) rmSync(join(inMemory, name), { force: true })

  /** Answers undefined for an empty body. */
  async function keep(body: AsyncIterable<Buffer>): Promise<KeptBody | undefined> {
    const iterator = body[Symbol.asyncIterator]()
    const { chunks, bytes, more } = await readSmall(iterator)
    if (bytes === 0) return undefined
    const path = join(!more && (await hasRoom(bytes)) ? inMemory : onDisk, prefix + randomUUID())
    const remove = () => unlink(path).catch(() => {})
    try {
      if (more) await pipeline(rest(chunks, iterator), createWriteStream(path, { mode }))
      else await writeFile(path, chunks, { mode })
    } catch (error) {
      await remove()
      throw error
    }
    return { path, remove }
  }

  return { keep }
}

async function readSmall(iterator: AsyncIterator<Buffer>) {
  const chunks: Buffer[] = []
  let bytes = 0
  while (bytes <= smallBytes) {
    const next = await iterator.next()
    if (next.done) return { chunks, bytes, more: false }
    chunks.push(next.value)
    bytes += next.value.length
  }
  return { chunks, bytes, more: true }
}

async function* rest(chunks: Buffer[], iterator: AsyncIterator<Buffer>) {
  yield* chunks.splice(0)
  for (let next = await iterator.next(); !next.done; next = await iterator.next()) yield next.value
}

async function hasRoom(bytes: number) {
  const room = await statfs(inMemory).catch(() => undefined)
  return room !== undefined && room.bavail * room.bsize > bytes + 2 * smallBytes
}

function listNames(folder: string): string[] {
  try {
    return readdirSync(folder)
  } catch {
    return []
  }
}
