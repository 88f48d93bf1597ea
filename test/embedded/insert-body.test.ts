import { createHash } from 'node:crypto'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { openInsertBodies } from '../../db/embedded/insert-body.ts'

const folder = mkdtempSync(join(tmpdir(), 'davylamp-bodies-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

async function* chunks(count: number, bytes = 10) {
  for (let chunk = 0; chunk < count; chunk++) yield Buffer.alloc(bytes, chunk)
}
const whole = (count: number, bytes = 10) =>
  Buffer.concat(Array.from({ length: count }, (_, at) => Buffer.alloc(bytes, at)))
const isOnDisk = (path: string) => path.startsWith(folder)
const hasMemory = existsSync('/dev/shm')
const prefix = `davylamp-${createHash('sha256').update(folder).digest('hex').slice(0, 12)}`
const files = () =>
  [join(folder, 'bodies'), ...(hasMemory ? ['/dev/shm'] : [])]
    .flatMap(place => readdirSync(place))
    .filter(name => name.startsWith(prefix))

it.each([
  ['as large as the limit, in memory', 10, !hasMemory],
  ['larger, on disk with what came before', 30, true],
])('keeps a body that is %s, until it is removed', async (_name, count, onDisk) => {
  const kept = await openInsertBodies(folder, 100).keep(chunks(count))
  if (!kept) throw new Error('nothing was kept')
  expect(readFileSync(kept.path).equals(whole(count))).toBe(true)
  expect(isOnDisk(kept.path)).toBe(onDisk)
  kept.remove()
  expect(existsSync(kept.path)).toBe(false)
})

it('keeps a body on disk whose first chunk is too much for memory', async () => {
  const kept = await openInsertBodies(folder, 100).keep(chunks(2, 1_000))
  expect(kept && readFileSync(kept.path).equals(whole(2, 1_000))).toBe(true)
  expect(kept && isOnDisk(kept.path)).toBe(true)
  kept?.remove()
})

it('removes what a killed process left', async () => {
  await openInsertBodies(folder, 100).keep(chunks(5))
  await openInsertBodies(folder, 100).keep(chunks(25))
  openInsertBodies(folder, 100)
  expect(files()).toEqual([])
})

it('keeps nothing of an empty body, nor of one that breaks off', async () => {
  const bodies = openInsertBodies(folder, 100)
  const before = files()
  expect(await bodies.keep(chunks(0))).toBeUndefined()
  for (const count of [5, 25]) {
    const broken = async function* () {
      yield* chunks(count)
      throw new Error('the client went away')
    }
    await expect(bodies.keep(broken())).rejects.toThrow('the client went away')
  }
  expect(files()).toEqual(before)
})
