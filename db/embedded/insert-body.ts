import { closeSync, createReadStream, createWriteStream, mkdirSync, openSync, rmSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { bodyName, bodyPrefix, findBody, memory, mostInMemory, removeLeftBodies, roomForBody } from './body-files.ts'

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
  const prefix = bodyPrefix(dataDir)
  rmSync(onDisk, { recursive: true, force: true })
  mkdirSync(onDisk, { recursive: true })
  removeLeftBodies(prefix)

  /** Answers undefined for an empty body. */
  async function keep(body: AsyncIterable<Buffer>): Promise<KeptBody | undefined> {
    const name = bodyName(prefix)
    const paths = { memory: join(memory, name), disk: join(onDisk, name) }
    const remove = () => {
      for (const path of Object.values(paths)) rmSync(path, { force: true })
    }
    const most = await roomForBody(limit)
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

  /** A body that its sender has put into a file, and removes. Throws SqlError when it is not there. */
  const handed = (name: string): KeptBody => ({ path: findBody(prefix, name), remove() {} })

  return { keep, handed }
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
