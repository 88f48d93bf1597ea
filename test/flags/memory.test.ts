import { existsSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openBells } from '../../db/events.ts'
import { type Changed, concerns } from '../../db/flag-held.ts'
import { type Flags, type FlagTimes, openFlags } from '../../db/flag-memory.ts'
import { readEffect, readWorkers } from '../../db/flag-processes.ts'
import { saveItem } from '../../db/flags.ts'
import { createLogger } from '../../db/log.ts'
import { migrate } from '../../db/migrate.ts'
import { openPostgres, type Postgres } from '../../db/postgres.ts'
import { createProject } from '../../db/projects.ts'
import { freshDatabase } from '../agent-runtime/runtime.ts'
import { testStores } from '../setup/context.ts'
import { temporaryDir } from '../setup/product.ts'
import { startProxy } from '../setup/proxy.ts'
import { booleanDoc, changeFlag, putFlag, putSegment, switchAi, workflowDoc } from './factory.ts'

// A database of its own: what is switched off here is switched off for the whole installation.
let url: string
let postgres: Postgres
beforeAll(async () => {
  url = await freshDatabase()
  postgres = openPostgres(url)
  await migrate({ postgres, clickhouse: testStores().clickhouse }, {})
})
const closing: (() => Promise<unknown> | unknown)[] = []
afterAll(async () => {
  for (const close of closing.reverse()) await close()
  await postgres.close()
})

type Opening = {
  databaseUrl?: string
  dataDir?: string
  roles?: ('web' | 'agent')[]
  deaf?: boolean
  times?: Partial<FlagTimes>
}

/** A process's memory of flags, with connections of its own. `deaf`: no ring is heard. */
async function open(options: Opening = {}): Promise<Flags> {
  const own = openPostgres(options.databaseUrl ?? url)
  const bells = openBells(own, createLogger('error'))
  const heard = options.deaf ? { ...bells, listen: async () => () => {} } : bells
  const dataDir = options.dataDir ?? newDir()
  const flags = await openFlags({
    config: { dataDir, roles: options.roles ?? ['web'] },
    postgres: own,
    bells: heard,
    log: createLogger('error'),
    times: { pollMs: 100, writeMs: 10, ...options.times },
  })
  closing.push(async () => {
    await flags.close()
    await bells.close()
    await own.close()
  })
  return flags
}

function newDir() {
  const folder = temporaryDir()
  closing.push(folder.remove)
  return folder.path
}

const project = async () => {
  const projectId = await createProject(postgres, { name: 'Test' })
  return { projectId, at: { postgres, projectId } }
}

describe('a change', () => {
  it('is in effect on every process, told by a ring, and how long that took is measured', async () => {
    const { projectId, at } = await project()
    const slow = { pollMs: 60_000 }
    const [one, two] = [await open({ times: slow }), await open({ times: slow, roles: ['agent'] })]
    const { version } = await putFlag(at, booleanDoc('on'))
    await expect.poll(() => [one, two].map(flags => flags.evaluate(projectId, 'on', {}).value)).toEqual([true, true])
    await expect.poll(async () => (await readEffect(postgres, version)).reached).toBe(2)
    const effect = await readEffect(postgres, version)
    expect(effect.processes.map(({ roles }) => roles.join()).sort()).toEqual(['agent', 'web'])
    expect(effect.slowestMs).toBeGreaterThan(0)
    expect([one.version, two.version]).toEqual([version, version])
  })

  it('that no ring told of is found by the poll', async () => {
    const { projectId, at } = await project()
    const deaf = await open({ deaf: true })
    await putFlag(at, booleanDoc('on'))
    await expect.poll(() => deaf.evaluate(projectId, 'on', {}).value).toBe(true)
  })

  it('can be waited for, by who knows its version', async () => {
    const { projectId, at } = await project()
    const deaf = await open({ deaf: true, times: { pollMs: 60_000 } })
    const { version } = await putFlag(at, booleanDoc('on'))
    expect(deaf.version).toBeLessThan(version)
    expect(await deaf.reach(version, 5_000)).toBe(true)
    expect(deaf.evaluate(projectId, 'on', {}).value).toBe(true)
    expect(await deaf.reach(version + 1000, 200)).toBe(false)
  })

  it('is told to listeners of its project before it is acknowledged, with the runs that they stopped', async () => {
    const [a, b] = [await project(), await project()]
    const flags = await open()
    const heard: Changed[] = []
    flags.onChange(changed => {
      heard.push(changed)
      return concerns(changed, a.projectId) ? 3 : 0
    })
    const { version } = await putFlag(a.at, workflowDoc('w'))
    await expect.poll(async () => (await readEffect(postgres, version)).runs).toBe(3)
    expect(heard.map(changed => concerns(changed, b.projectId))).toEqual([false])
  })

  it('of one project is nothing to another', async () => {
    const [a, b] = [await project(), await project()]
    const flags = await open()
    await putFlag(a.at, booleanDoc('on'))
    await expect.poll(() => flags.evaluate(a.projectId, 'on', {}).value).toBe(true)
    expect(flags.evaluate(b.projectId, 'on', {})).toMatchObject({ errorCode: 'FLAG_NOT_FOUND' })
    expect(flags.evaluate('no-such-project', 'on', {})).toMatchObject({ errorCode: 'FLAG_NOT_FOUND' })
  })

  it('removes what was removed', async () => {
    const { projectId, at } = await project()
    const flags = await open()
    await putFlag(at, booleanDoc('on'))
    await expect.poll(() => flags.set(projectId).flags.size).toBe(1)
    await saveItem(postgres, {
      projectId,
      kind: 'flag',
      key: 'on',
      author: { by: 'person' },
      why: '',
      change: () => null,
    })
    await expect.poll(() => flags.set(projectId).flags.size).toBe(0)
  })

  it('of a segment changes what the flags say that ask for it', async () => {
    const { projectId, at } = await project()
    const flags = await open()
    await putSegment(at, { key: 'staff' })
    const rules = [{ when: [{ op: 'in_segment', values: ['staff'] }], serve: { variant: 'no' } }]
    await putFlag(at, booleanDoc('on', { rules }))
    await putSegment(at, { key: 'staff', include: ['ada'] } as { key: string })
    await expect.poll(() => flags.evaluate(projectId, 'on', { targetingKey: 'ada' }).value).toBe(false)
    expect(flags.evaluate(projectId, 'on', { targetingKey: 'bob' }).value).toBe(true)
  })
})

describe('AI off', () => {
  it('for a project stops its workflow flags, and no other project’s', async () => {
    const [a, b] = [await project(), await project()]
    const flags = await open()
    for (const { at } of [a, b]) await putFlag(at, workflowDoc('w'))
    await switchAi(a.at, { off: true })
    await expect.poll(() => flags.evaluate(a.projectId, 'w', {}).value).toBe('off')
    expect(flags.evaluate(b.projectId, 'w', {}).value).toBe('control')
    await switchAi(a.at, { off: false })
    await expect.poll(() => flags.evaluate(a.projectId, 'w', {}).value).toBe('control')
  })

  it('for the whole installation stops all, also projects that have no flag', async () => {
    const { projectId, at } = await project()
    const flags = await open()
    await putFlag(at, workflowDoc('w'))
    await switchAi({ postgres, projectId: null }, { off: true, reason: 'provider breach' })
    await expect.poll(() => flags.evaluate(projectId, 'w', {}).value).toBe('off')
    expect(flags.set('any-project').aiOff).toMatchObject({ scope: 'installation', reason: 'provider breach' })
    await switchAi({ postgres, projectId: null }, { off: false })
    await expect.poll(() => flags.set('any-project').aiOff).toBeUndefined()
  })
})

describe('with the database down', () => {
  it('the last known flags serve, and follow again when it is back', async () => {
    const { projectId, at } = await project()
    const proxy = await startProxy(url)
    closing.push(proxy.close)
    const flags = await open({ databaseUrl: proxy.url })
    await putFlag(at, booleanDoc('on'))
    await expect.poll(() => flags.evaluate(projectId, 'on', {}).value).toBe(true)
    proxy.change('hang')
    await changeFlag(at, 'on', { state: 'off' })
    expect(await flags.reach(flags.version + 1, 300)).toBe(false)
    expect(flags.evaluate(projectId, 'on', {}).value).toBe(true)
    proxy.change('fair')
    await expect.poll(() => flags.evaluate(projectId, 'on', {}).value).toBe(false)
  })

  it('a start takes what the data directory kept, then nothing: the code default', async () => {
    const { projectId, at } = await project()
    const dataDir = newDir()
    await putFlag(at, booleanDoc('on'))
    const before = await open({ dataDir })
    await expect.poll(() => before.evaluate(projectId, 'on', {}).value).toBe(true)
    await expect.poll(() => existsSync(join(dataDir, 'flags.json'))).toBe(true)

    const proxy = await startProxy(url)
    closing.push(proxy.close)
    proxy.change('refuse')
    const times = { openMs: 300, pollMs: 200 }
    const kept = await open({ dataDir, databaseUrl: proxy.url, times })
    expect([kept.source, kept.evaluate(projectId, 'on', {}).value]).toEqual(['disk', true])
    const bare = await open({ databaseUrl: proxy.url, times })
    expect([bare.source, bare.evaluate(projectId, 'on', {}).value]).toEqual(['nothing', undefined])

    await changeFlag(at, 'on', { state: 'off' })
    proxy.change('fair')
    await expect.poll(() => [kept.source, kept.evaluate(projectId, 'on', {}).value]).toEqual(['database', false])
    await expect.poll(() => bare.evaluate(projectId, 'on', {}).value).toBe(false)
  })

  it('keeps nothing in the data directory that others may read', async () => {
    const { at } = await project()
    const dataDir = newDir()
    await open({ dataDir })
    await putFlag(at, booleanDoc('on'))
    const file = join(dataDir, 'flags.json')
    await expect.poll(() => existsSync(file)).toBe(true)
    expect(statSync(file).mode & 0o077).toBe(0)
    expect(JSON.parse(readFileSync(file, 'utf8'))).toMatchObject({ v: 1 })
  })
})

it('tells when a flag begins to decide by its schedule, without a change', async () => {
  const { projectId, at } = await project()
  const flags = await open()
  const from = new Date(Date.now() + 1500).toISOString()
  await putFlag(at, booleanDoc('later', { schedule: { from } }))
  await expect.poll(() => flags.set(projectId).flags.size).toBe(1)
  expect(flags.evaluate(projectId, 'later', {}).value).toBe(false)
  const turned = new Promise<Changed>(resolve => {
    flags.onChange(changed => {
      resolve(changed)
      return 0
    })
  })
  expect(concerns(await turned, projectId)).toBe(true)
  expect(flags.evaluate(projectId, 'later', {}).value).toBe(true)
})

it('knows what the living workers can run', async () => {
  const workflow = (version: string) => ({ name: 'w', version, description: '', params: {}, prompts: {} })
  const [one, two] = [await open({ roles: ['agent'] }), await open({ roles: ['agent'] })]
  await one.tell({ workflows: [workflow('1'), workflow('2')], providers: ['openai', 'anthropic'] })
  await two.tell({ workflows: [workflow('1')], providers: ['openai'] })
  const known = await readWorkers(postgres)
  expect(known.workflows.map(({ version, workers }) => [version, workers])).toEqual([
    ['1', 2],
    ['2', 1],
  ])
  await two.close()
  expect((await readWorkers(postgres)).workflows.map(({ workers }) => workers)).toEqual([1, 1])
})
