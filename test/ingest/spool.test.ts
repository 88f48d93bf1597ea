import { execFileSync } from 'node:child_process'
import { appendFileSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeEach, describe, expect, it } from 'vitest'
import { nativeBlock } from '../../db/native.ts'
import { spanBlocks } from '../../db/span-block.ts'
import { spanColumns } from '../../db/span-table.ts'
import { mapResource, mapSpan } from '../../ingest/semconv/map-span.ts'
import { Spool } from '../../ingest/spool.ts'
import { openSpool, takeSpoolFolder } from '../../ingest/spool-folder.ts'
import { packRecord, unpackRecord } from '../../ingest/spool-record.ts'
import { temporaryDir } from '../setup/product.ts'
import { otlpSpan, startNs } from './otlp-factory.ts'

const root = temporaryDir()
afterAll(root.remove)

const told: string[] = []
const keep = (message: string) => void told.push(message)
const log = { debug: keep, info: keep, warn: keep, error: keep }
let folder = ''
beforeEach(() => {
  told.length = 0
  folder = join(root.path, `spool-${Math.random()}`)
  mkdirSync(folder)
})

const open = (limits: { bytes?: number; fileBytes?: number } = {}, at = folder) =>
  Spool.open({ folder: at, limits: { bytes: 1 << 20, fileBytes: 1 << 16, ...limits }, log, release() {} })
const text = (count: number, from = 0) => Array.from({ length: count }, (_, at) => `payload ${at + from}`)
const appendAll = (spool: Spool, texts: string[]) => Promise.all(texts.map(one => spool.append(Buffer.from(one))))
const files = () => readdirSync(folder).sort()

async function takeAll(spool: Spool): Promise<string[]> {
  const taken: string[] = []
  for (;;) {
    const payloads = await spool.next(100)
    if (payloads.length === 0) return taken
    taken.push(...payloads.map(String))
    await spool.done()
  }
}

describe('a spool', () => {
  it('gives back in order what it holds, over many files, and is empty on disk afterwards', async () => {
    const spool = await open({ fileBytes: 200 })
    await appendAll(spool, text(20))
    await appendAll(spool, text(20, 20))
    expect(files().length).toBeGreaterThan(1)
    expect(await takeAll(spool)).toEqual(text(40))
    expect([spool.bytes, files()]).toEqual([0, []])
  })

  it('gives the same until it is done, while more is appended', async () => {
    const spool = await open()
    await appendAll(spool, text(2))
    expect((await spool.next()).map(String)).toEqual(['payload 0'])
    await appendAll(spool, text(2, 2))
    expect((await spool.next()).map(String)).toEqual(['payload 0'])
    await spool.done()
    expect(await takeAll(spool)).toEqual(text(3, 1))
  })

  it('is found again by the next process, without a tail that was torn', async () => {
    const first = await open()
    await appendAll(first, text(5))
    await first.close()
    const path = join(folder, files()[0] ?? '')
    appendFileSync(path, readFileSync(path).subarray(0, 13))
    const second = await open()
    await appendAll(second, ['later'])
    expect(await takeAll(second)).toEqual([...text(5), 'later'])
    expect(files()).toEqual([])
  })

  it('passes over what was damaged, and says so', async () => {
    const first = await open()
    await appendAll(first, text(3))
    await first.close()
    const path = join(folder, files()[0] ?? '')
    const bytes = readFileSync(path)
    bytes.write('X', bytes.indexOf('payload 1'))
    writeFileSync(path, bytes)
    expect(await takeAll(await open())).toEqual(['payload 0', 'payload 2'])
    expect(told).toEqual(['a spooled request is damaged and is passed over'])
  })

  it('ignores zeros that a power cut left at the end', async () => {
    const first = await open()
    await appendAll(first, text(1))
    await first.close()
    appendFileSync(join(folder, files()[0] ?? ''), Buffer.alloc(100))
    expect(await takeAll(await open())).toEqual(text(1))
  })

  it('refuses what goes over its limit, and takes it when there is room', async () => {
    const spool = await open({ bytes: 40 })
    await appendAll(spool, text(2))
    await expect(spool.append(Buffer.from('too much'))).rejects.toThrow('the spool is full: it holds 34 of 40 bytes')
    expect(await takeAll(spool)).toEqual(text(2))
    await spool.append(Buffer.from('fits now'))
    expect(await takeAll(spool)).toEqual(['fits now'])
  })

  it('refuses what cannot be written, keeps what was, and goes on when it can be written again', async () => {
    const spool = await open({ fileBytes: 1 })
    await appendAll(spool, ['kept'])
    rmSync(folder, { recursive: true })
    writeFileSync(folder, 'a file is in the way')
    await expect(spool.append(Buffer.from('lost'))).rejects.toThrow('the spool cannot be written')
    rmSync(folder)
    mkdirSync(folder)
    await spool.append(Buffer.from('later'))
    expect(files()).toHaveLength(1)
  })

  it('keeps every payload whole when the disk is full, and refuses the others', async () => {
    const program = `
      const { Spool } = await import('./ingest/spool.ts')
      const say = message => console.log(message)
      const log = { debug: say, info: say, warn: say, error: say }
      const limits = { bytes: 1 << 30, fileBytes: 1 << 30 }
      const spool = await Spool.open({ folder: ${JSON.stringify(folder)}, limits, log, release() {} })
      const kept = []
      for (let at = 0; at < 40; at++) {
        await spool.append(Buffer.alloc(10_000, at)).then(() => kept.push(at), error => console.log(error.message))
      }
      console.log('kept ' + kept.length)
      const read = []
      for (let found; (found = await spool.next()).length > 0; await spool.done()) {
        if (found[0].some(byte => byte !== found[0][0])) throw new Error('torn')
        read.push(found[0][0])
      }
      console.log(JSON.stringify(kept) === JSON.stringify(read) ? 'all whole' : 'not the same')`
    // The shell's limit on the size of a file stands for the disk's: a write beyond it is cut short, then refused.
    const command = 'trap "" XFSZ; ulimit -f 195; exec "$0" --input-type=module -e "$1"'
    const cwd = join(import.meta.dirname, '../..')
    const output = execFileSync('bash', ['-c', command, process.execPath, program], { cwd, encoding: 'utf8' })
    expect(output).toMatch(/the spool cannot be written: EFBIG/)
    expect(output).toMatch(/all whole/)
  })
})

describe('the folder of a spool', () => {
  it('is one process alone, and the next takes over what those before it left', async () => {
    const here = takeSpoolFolder(folder)
    const beside = takeSpoolFolder(folder)
    expect(beside.path).not.toBe(here.path)
    await appendAll(await open({}, here.path), ['from here'])
    await appendAll(await open({}, beside.path), ['from beside'])
    beside.release()
    here.release()
    const next = await openSpool(folder, { bytes: 1 << 20, fileBytes: 1 << 16 }, log)
    expect(await takeAll(next as Spool)).toEqual(['from here', 'from beside'])
    await next?.close()
  })

  it('that cannot be made leaves ingest without a spool, and is told once', async () => {
    writeFileSync(join(folder, 'file'), '')
    expect(await openSpool(join(folder, 'file', 'spool'), { bytes: 1, fileBytes: 1 }, log)).toBeUndefined()
    expect(told).toEqual([expect.stringContaining('set DATA_DIR to a folder that can be written')])
  })
})

it('a record brings rows and token back whole, also rows of a release that knew fewer columns', async () => {
  const span = mapSpan(
    otlpSpan({ attributes: { list: [1, 'two'] } }),
    { name: 's', version: '1', spans: [] },
    mapResource(new Map()),
    startNs,
  )
  const row = { ...span, projectId: 'p', receivedMs: 5 }
  const older = spanColumns.filter(({ name }) => name !== 'tool_name')
  const blocks = [...spanBlocks([row]), { bytes: nativeBlock(older, [row]), payloads: [] }]
  const { rows, token } = await unpackRecord(await packRecord({ blocks, token: 'token' }))
  expect(token).toBe('token')
  expect(rows).toHaveLength(2)
  for (const read of rows) expect(spanBlocks([read])[0]?.bytes.equals(spanBlocks([row])[0]!.bytes)).toBe(true)
})

it('a record brings large texts back, which stand beside its rows', async () => {
  const [input, custom] = ['x'.repeat(70_000), 'y'.repeat(80_000)]
  const events = [{ name: 'e', attributes: { custom } }]
  const span = otlpSpan({ attributes: { 'input.value': input, custom }, events })
  const mapped = mapSpan(span, { name: 's', version: '1', spans: [] }, mapResource(new Map()), startNs)
  const blocks = spanBlocks([{ ...mapped, projectId: 'p', receivedMs: 5 }])
  expect(blocks[0]?.bytes.length).toBeLessThan(20_000)
  const { rows } = await unpackRecord(await packRecord({ blocks }))
  expect(rows[0]?.input).toBe(input)
  expect(rows[0]?.attributes).toEqual({ custom: JSON.stringify(custom) })
  expect(rows[0]?.events).toEqual([{ name: 'e', timeNs: startNs, attributes: { custom: JSON.stringify(custom) } }])
})
