import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { openClickHouse } from '../../db/clickhouse.ts'
import { BodyFiles, bodyHeader, bodyPrefix, memory } from '../../db/embedded/body-files.ts'
import { startClickHouse } from '../../db/embedded/clickhouse.ts'
import { openInsertBodies } from '../../db/embedded/insert-body.ts'
import { createLogger } from '../../db/log.ts'
import { nativeBlock, textColumn, uint32Column } from '../../db/native.ts'
import { temporaryDir } from '../setup/product.ts'

const folder = temporaryDir()
afterAll(() => folder.remove())

const filesOf = (dataDir: string) => readdirSync(memory).filter(name => name.startsWith(bodyPrefix(dataDir)))
const parts = (...letters: string[]) => letters.map(letter => Buffer.alloc(200_000, letter))

// Without such a place every body goes over the connection, as test/embedded/clickhouse-http.test.ts shows.
describe.runIf(existsSync(memory))('a file in memory for the body of an insert', () => {
  it('holds the body, and the next one after it, shorter or longer', async () => {
    const dataDir = join(folder.path, 'again')
    const bodies = new BodyFiles(dataDir)
    const names = new Set<string>()
    for (const body of [parts('a', 'b', 'c'), parts('d', 'e'), parts('f', 'g', 'h', 'i')]) {
      const file = await bodies.write(body)
      if (!file) throw new Error('nothing was written')
      names.add(file.name)
      expect(readFileSync(join(memory, file.name)).equals(Buffer.concat(body))).toBe(true)
      expect(statSync(join(memory, file.name)).mode & 0o777).toBe(0o600)
      file.done(true)
    }
    expect(filesOf(dataDir)).toEqual([...names])
    bodies.close()
    expect(filesOf(dataDir)).toEqual([])
  })

  it('is not written again while, or after, somebody may read it', async () => {
    const dataDir = join(folder.path, 'read')
    const bodies = new BodyFiles(dataDir)
    const [first, second] = [await bodies.write(parts('a', 'b')), await bodies.write(parts('c', 'd'))]
    expect(second?.name).not.toBe(first?.name)
    first?.done(false)
    second?.done(true)
    expect(filesOf(dataDir)).toEqual([second?.name])
    const [third, fourth] = [await bodies.write(parts('e', 'f')), await bodies.write(parts('g', 'h'))]
    expect(third?.name).toBe(second?.name)
    expect([first?.name, second?.name]).not.toContain(fourth?.name)
    third?.done(false)
    fourth?.done(false)
    expect(filesOf(dataDir)).toEqual([])
  })

  it('is removed when nothing was written for a while', async () => {
    const dataDir = join(folder.path, 'idle')
    const bodies = new BodyFiles(dataDir, 50)
    const file = await bodies.write(parts('a', 'b'))
    file?.done(true)
    await expect.poll(() => filesOf(dataDir)).toEqual([])
  })

  it('is not made for a small body', async () => {
    expect(await new BodyFiles(join(folder.path, 'small')).write([Buffer.alloc(1_000)])).toBeUndefined()
  })
})

// A process that makes a file for a directory, says its name, and lives until its input ends.
const holder = `
  import { BodyFiles } from '${join(import.meta.dirname, '../../db/embedded/body-files.ts')}'
  const file = await new BodyFiles(process.argv[1]).write([Buffer.alloc(300_000)])
  process.stdout.write(file.name)
  process.stdin.resume()`

async function hold(dataDir: string) {
  const child = spawn(process.execPath, ['--input-type=module', '-e', holder, dataDir], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const ended = once(child, 'exit')
  const [name] = await once(child.stdout, 'data')
  return {
    name: String(name),
    kill: () => {
      child.kill('SIGKILL')
      return ended
    },
  }
}

describe.runIf(existsSync(memory))('the start of an engine', () => {
  const all = () => readdirSync(memory)

  it('removes what killed processes left for other directories, and nothing of one that lives', async () => {
    const [dead, alive] = [await hold(join(folder.path, 'dead')), await hold(join(folder.path, 'alive'))]
    try {
      await dead.kill()
      expect(all()).toContain(dead.name)
      openInsertBodies(join(folder.path, 'third'))
      expect(all()).not.toContain(dead.name)
      expect(all()).toContain(alive.name)
    } finally {
      await alive.kill()
    }
    openInsertBodies(join(folder.path, 'third'))
    expect(all()).not.toContain(alive.name)
  })

  it('leaves what it cannot tell the process of: of a container beside it, of an earlier release, of others', () => {
    const dead = spawnSync('true').pid
    const names = [
      `davylamp-0123456789ab-in1-by${dead}-${crypto.randomUUID()}`,
      `${bodyPrefix(join(folder.path, 'third'))}in1-by${dead}-${crypto.randomUUID()}`,
      `davylamp-0123456789ab-${crypto.randomUUID()}`,
      `other-${crypto.randomUUID()}-by${dead}-`,
    ]
    for (const name of names) writeFileSync(join(memory, name), '')
    try {
      openInsertBodies(join(folder.path, 'third'))
      expect(all()).toEqual(expect.arrayContaining(names))
    } finally {
      for (const name of names) rmSync(join(memory, name))
    }
  })
})

describe.runIf(existsSync(memory))('the embedded engine', () => {
  const dataDir = join(folder.path, 'engine')
  const start = () => startClickHouse({ dataDir, password: 'secret', log: createLogger('error') })
  let engine: Awaited<ReturnType<typeof start>>
  let clickhouse: ReturnType<typeof openClickHouse>
  beforeAll(async () => {
    engine = await start()
    clickhouse = openClickHouse({ url: engine.url, bodies: engine.bodies })
    await clickhouse.command('create table texts (n UInt32, text String) engine = MergeTree order by n')
  })
  afterAll(async () => {
    await clickhouse.close()
    await engine.stop()
  })
  type Row = { n: number; text: string }
  const columns = [uint32Column<Row>('n', row => row.n), textColumn<Row>('text', row => row.text)]
  const insert = (from: number) => {
    const rows = Array.from({ length: 400 }, (_, at) => ({ n: from + at, text: `${from + at} `.repeat(300) }))
    return clickhouse.insertNative({ table: 'texts', columns: ['n', 'text'], body: nativeBlock(columns, rows) })
  }
  const sums = async () => {
    const sql =
      "select count() as rows, uniqExact(n) as ids, countIf(text = repeat(concat(n, ' '), 300)) as whole from texts"
    const row = z.object({ rows: z.coerce.number(), ids: z.coerce.number(), whole: z.coerce.number() })
    return (await clickhouse.query({ sql, row }))[0]
  }
  const engineDir = join(dataDir, 'clickhouse')

  it('inserts what is in the file, and again from the same', async () => {
    await insert(0)
    const [file] = filesOf(engineDir)
    expect(file).toBeDefined()
    await insert(1_000_000)
    expect(filesOf(engineDir)).toEqual([file])
    expect(await sums()).toEqual({ rows: 800, ids: 800, whole: 800 })
  })

  it('takes the next insert when it was killed, and its new process has removed the files', async () => {
    const before = filesOf(engineDir)
    process.kill(engine.pid()!, 'SIGKILL')
    await expect
      .poll(
        () =>
          clickhouse.ping().then(
            () => 'well',
            () => 'away',
          ),
        { timeout: 20_000 },
      )
      .toBe('well')
    expect(filesOf(engineDir)).toEqual([])
    await insert(2_000_000)
    expect(before).not.toEqual(filesOf(engineDir))
    expect(await sums()).toEqual({ rows: 1_200, ids: 1_200, whole: 1_200 })
  })

  it.each(['../../etc/passwd', `davylamp-0123456789ab-${crypto.randomUUID()}`, `${bodyPrefix(engineDir)}none`])(
    'reads no other file: %s',
    async name => {
      const { origin, username, password } = new URL(engine.url)
      const answer = await fetch(
        `${origin}/?query=${encodeURIComponent('insert into texts (n, text) format Native')}`,
        {
          method: 'POST',
          headers: { authorization: `Basic ${btoa(`${username}:${password}`)}`, [bodyHeader]: name },
        },
      )
      expect(answer.status).toBeGreaterThanOrEqual(400)
      expect(await answer.text()).toContain('is not there')
      expect((await sums())?.rows).toBe(1_200)
    },
  )
})
