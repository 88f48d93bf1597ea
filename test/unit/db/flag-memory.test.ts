import { afterEach, describe, expect, it } from 'vitest'
import type { Doorbells } from '../../../db/doorbells.ts'
import { type Changed, HeldFlags } from '../../../db/flag-held.ts'
import { holdItem, type StoredItem } from '../../../db/flag-items.ts'
import { type Flags, openFlags } from '../../../db/flag-memory.ts'
import { createLogger } from '../../../db/log.ts'
import type { Postgres } from '../../../db/postgres.ts'
import { booleanDoc } from '../../flags/factory.ts'
import { temporaryDir } from '../../setup/product.ts'

const item = (version: number, state: 'on' | 'off', projectId: string | null = 'p'): StoredItem =>
  projectId === null
    ? { projectId, kind: 'ai', key: 'ai', revision: version, version, doc: { off: state === 'off' } }
    : { projectId, kind: 'flag', key: 'new', revision: version, version, doc: booleanDoc('new', { state }) }

const closing: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close()
})

describe('what is held', () => {
  it('is not put back by a read that hung while a later one was taken in', () => {
    const held = new HeldFlags()
    held.apply([item(2, 'off'), item(4, 'off', null)].map(holdItem))
    expect(held.apply([item(1, 'on'), item(3, 'on', null)].map(holdItem))).toEqual(new Set())
    expect(held.set('p').flags.get('new')).toMatchObject({ state: 'off', revision: 2 })
    expect(held.set('p').aiOff).toMatchObject({ scope: 'installation' })
  })
})

/** A database whose answers to the beat can be kept waiting, and whose items cannot be read while it is `down`. */
function openDatabase() {
  const state = { items: [item(1, 'on')], down: false, beats: 0, wait: undefined as Promise<void> | undefined }
  const newest = () => Math.max(0, ...state.items.map(({ version }) => version))
  async function sql(strings: TemplateStringsArray, ...values: unknown[]) {
    const text = strings.join('?')
    if (text.includes('max(version)')) {
      state.beats++
      const answer = [{ newest: newest() }]
      await state.wait
      return answer
    }
    if (!text.includes('from flag_items')) return []
    if (state.down) throw new Error('the database is down')
    return state.items.filter(({ version }) => version > Number(values[0]))
  }
  return { state, postgres: { sql } as unknown as Pick<Postgres, 'sql'> }
}

async function open(postgres: Pick<Postgres, 'sql'>): Promise<{ flags: Flags; heard: Changed[] }> {
  const folder = temporaryDir()
  const bells = { listen: async () => () => {} } as unknown as Doorbells
  const log = createLogger('error')
  const config = { dataDir: folder.path, roles: ['web' as const] }
  const flags = await openFlags({ config, postgres, bells, log, times: { pollMs: 5, writeMs: 60_000 } })
  closing.push(async () => folder.remove(), flags.close)
  const heard: Changed[] = []
  flags.onChange(changed => {
    heard.push(changed)
    return 0
  })
  return { flags, heard }
}

describe('a beat', () => {
  it('that answers after a change was taken in does not forget all flags', async () => {
    const { state, postgres } = openDatabase()
    const { flags, heard } = await open(postgres)
    const { promise, resolve } = Promise.withResolvers<void>()
    const before = state.beats
    state.wait = promise
    await expect.poll(() => state.beats).toBeGreaterThan(before)
    state.items = [item(2, 'off')]
    expect(await flags.reach(2, 5_000)).toBe(true)
    state.wait = undefined
    resolve()
    const then = state.beats
    await expect.poll(() => state.beats).toBeGreaterThan(then)
    expect(heard).toEqual([new Set(['p'])])
    expect(flags.version).toBe(2)
  })

  it('that finds a database put back from a backup forgets nothing before it has read that', async () => {
    const { state, postgres } = openDatabase()
    state.items = [item(5, 'on')]
    const { flags, heard } = await open(postgres)
    Object.assign(state, { items: [item(3, 'off')], down: true })
    const before = state.beats
    await expect.poll(() => state.beats).toBeGreaterThan(before + 1)
    expect(flags.evaluate('p', 'new', {}).value).toBe(true)
    state.down = false
    await expect.poll(() => flags.version).toBe(3)
    expect(flags.evaluate('p', 'new', {}).value).toBe(false)
    expect(heard).toContain('all')
  })
})
