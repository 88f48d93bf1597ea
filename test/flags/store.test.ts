import { describe, expect, it } from 'vitest'
import { listAudit } from '../../db/audit.ts'
import type { Flag, WorkflowFlag } from '../../db/domain/flags/flag.ts'
import { listChanges, listItems, readItem, revertChange, servedStages } from '../../db/flag-history.ts'
import { type Save, saveItem } from '../../db/flags.ts'
import { mintProject, testStores } from '../setup/context.ts'
import { booleanDoc, changeFlag, putFlag, putSegment, switchAi, workflowDoc } from './factory.ts'

const { postgres } = testStores()

async function project() {
  const { projectId } = await mintProject()
  const [user] = await postgres.sql`
    insert into users (id, name, email) values (${`u-${projectId}`}, 'Ada', ${`${projectId}@example.com`})
    returning id`
  const userId = String(user?.id)
  const save = (fields: Partial<Save<'flag'>> & Pick<Save<'flag'>, 'key' | 'change'>) =>
    saveItem(postgres, { projectId, kind: 'flag', author: { by: 'person', userId }, why: '', ...fields })
  return { projectId, userId, save, at: { postgres, projectId } }
}

describe('a change of a flag', () => {
  it('is a revision: who, when, why, what before and after', async () => {
    const { projectId, save } = await project()
    await save({ key: 'w', from: 0, why: 'try it', change: () => workflowDoc('w') })
    await save({ key: 'w', from: 1, why: 'a little', change: before => ({ ...before, state: 'canary', share: 500 }) })
    const [second, first] = await listChanges(postgres, { projectId, kind: 'flag', key: 'w' })
    expect(first).toMatchObject({ revision: 1, who: 'Ada', why: 'try it', before: null, after: { state: 'control' } })
    expect(second).toMatchObject({ revision: 2, why: 'a little', before: { share: 100 }, after: { share: 500 } })
    expect(Date.now() - second!.at.getTime()).toBeLessThan(60_000)
    expect(second!.version).toBeGreaterThan(first!.version)
    expect(await listItems(postgres, projectId, 'flag')).toMatchObject([{ key: 'w', revision: 2, who: 'Ada' }])
  })

  it('stands in the audit log, with what differs', async () => {
    const { projectId, save } = await project()
    await save({ key: 'w', change: () => workflowDoc('w') })
    await save({ key: 'w', why: 'costs', change: before => ({ ...before, state: 'off' }) })
    expect(await listAudit(postgres, projectId)).toMatchObject([
      {
        action: 'flag.changed',
        subject: 'w',
        who: 'Ada',
        detail: { why: 'costs', state: { from: 'control', to: 'off' } },
      },
      { action: 'flag.created', subject: 'w' },
    ])
  })

  it('that changes nothing is none', async () => {
    const { projectId, save } = await project()
    await save({ key: 'w', change: () => workflowDoc('w') })
    expect(await save({ key: 'w', from: 1, change: before => before })).toMatchObject({ ok: true, changed: false })
    expect(await listChanges(postgres, { projectId, key: 'w' })).toHaveLength(1)
  })

  it('made from an older revision is refused with a sentence, and nothing is written', async () => {
    const { projectId, save } = await project()
    await save({ key: 'w', from: 0, change: () => workflowDoc('w') })
    await save({ key: 'w', from: 1, change: before => ({ ...before, share: 500 }) })
    const stale = await save({ key: 'w', from: 1, change: before => ({ ...before, share: 2500 }) })
    expect(stale).toMatchObject({ ok: false, refused: 'stale', revision: 2 })
    expect(stale.ok === false && stale.message).toMatch(/^Ada has changed it since you opened it \(revision 2/)
    expect((await readItem(postgres, { projectId, kind: 'flag', key: 'w' }))?.doc).toMatchObject({ share: 500 })
    expect(await listChanges(postgres, { projectId, key: 'w' })).toHaveLength(2)
  })

  it('of two made at the same time from one revision lets one through', async () => {
    const { save, projectId } = await project()
    await save({ key: 'w', change: () => workflowDoc('w') })
    const saved = await Promise.all(
      [500, 600, 700, 800].map(share => save({ key: 'w', from: 1, change: before => ({ ...before, share }) })),
    )
    expect(saved.map(({ ok }) => ok).sort()).toEqual([false, false, false, true])
    expect((await readItem(postgres, { projectId, kind: 'flag', key: 'w' }))?.revision).toBe(2)
  })

  it('that is not valid is refused with the path of what is wrong', async () => {
    const { projectId, save } = await project()
    const refused = await save({ key: 'w', change: () => workflowDoc('w', { share: 0, salt: '' }) })
    expect(refused).toMatchObject({ ok: false, refused: 'invalid', faults: [{ path: 'salt' }, { path: 'share' }] })
    expect(await save({ key: 'w', change: () => workflowDoc('v') })).toMatchObject({ faults: [{ path: 'key' }] })
    expect(await save({ key: 'w', change: () => workflowDoc('w', { description: 'a\u0000b' }) })).toMatchObject({
      refused: 'invalid',
      message: 'must not hold the character NUL',
    })
    expect(await readItem(postgres, { projectId, kind: 'flag', key: 'w' })).toBeUndefined()
  })

  it('that asks for what another project has is refused', async () => {
    const [a, b] = [await project(), await project()]
    await putFlag(a.at, booleanDoc('base'))
    await putSegment(a.at, { key: 'staff' })
    const needs = workflowDoc('w', { prerequisites: [{ flag: 'base', variants: ['yes'] }] })
    expect(await b.save({ key: 'w', change: () => needs })).toMatchObject({ message: /there is no flag base/ })
    expect(await a.save({ key: 'w', change: () => needs })).toMatchObject({ ok: true })
  })

  it('may not remove what another flag asks for', async () => {
    const { at, save } = await project()
    await putFlag(at, booleanDoc('base'))
    await putFlag(at, workflowDoc('w', { prerequisites: [{ flag: 'base', variants: ['yes'] }] }))
    expect(await save({ key: 'base', change: () => null })).toMatchObject({
      ok: false,
      message: 'flag w asks for it: change that flag first',
    })
  })

  it('may not take away a variant that another flag asks for', async () => {
    const { at, save } = await project()
    await putFlag(at, booleanDoc('base'))
    await putFlag(at, workflowDoc('w', { prerequisites: [{ flag: 'base', variants: ['yes'] }] }))
    const without = booleanDoc('base', { variants: { no: false }, otherwise: { variant: 'no' } })
    expect(await save({ key: 'base', change: () => without })).toMatchObject({
      ok: false,
      message: 'variants: flag w asks for yes: change that flag first',
    })
    expect(await save({ key: 'base', change: before => ({ ...before, state: 'off' }) })).toMatchObject({ ok: true })
  })

  it('switches off a flag that lost what it asks for, and rolls its canary back', async () => {
    const { projectId, at, save } = await project()
    await putFlag(at, booleanDoc('base'))
    const asking = { state: 'canary', prerequisites: [{ flag: 'base', variants: ['yes'] }] }
    await putFlag(at, workflowDoc('w', asking))
    await postgres.sql`
      update flag_items set doc = doc || '{"variants": {"no": false}, "otherwise": {"variant": "no"}}'
      where project_id = ${projectId} and key = 'base'`
    for (const state of ['control', 'canary', 'off'])
      expect(await save({ key: 'w', change: before => ({ ...before, state }) })).toMatchObject({ ok: true })
    const more = [...asking.prerequisites, { flag: 'gone', variants: ['yes'] }]
    expect(await save({ key: 'w', change: before => ({ ...before, prerequisites: more }) })).toMatchObject({
      ok: false,
      message: 'prerequisites.1.flag: there is no flag gone',
    })
  })
})

describe('reverting', () => {
  const author = { by: 'person' as const }

  it('puts a flag back to what it was before a change, as a new revision', async () => {
    const { projectId, at } = await project()
    await putFlag(at, workflowDoc('w', { description: 'first' }))
    const second = await changeFlag(at, 'w', { state: 'off' })
    const reverted = await revertChange(postgres, { projectId, version: second.version, from: 2, author })
    expect(reverted).toMatchObject({ ok: true, revision: 3, doc: { state: 'control', description: 'first' } })
    expect((await listChanges(postgres, { projectId, key: 'w' }))[0]?.why).toBe('Reverted revision 2')
  })

  it('of its creation removes it, and reverting that brings it back', async () => {
    const { projectId, at } = await project()
    const made = await putFlag(at, workflowDoc('w', { description: 'mine' }))
    const removed = await revertChange(postgres, { projectId, version: made.version, author })
    expect(removed).toMatchObject({ ok: true, doc: undefined })
    expect(await listItems(postgres, projectId, 'flag')).toEqual([])
    const back = await revertChange(postgres, { projectId, version: (removed as { version: number }).version, author })
    expect(back).toMatchObject({ ok: true, revision: 3, doc: { description: 'mine' } })
  })

  it('does not set a ramp going', async () => {
    const { projectId, at } = await project()
    const ramp = { stages: [{ share: 100, hours: 1 }], state: 'running', since: '2027-01-01T00:00:00Z' }
    await putFlag(at, workflowDoc('w', { state: 'canary', ramp }))
    const off = await changeFlag(at, 'w', { state: 'off' })
    const reverted = await revertChange(postgres, { projectId, version: off.version, author })
    const doc = (reverted as { doc: Flag }).doc as WorkflowFlag
    expect(doc).toMatchObject({ state: 'canary', ramp: { state: 'paused', because: 'reverted by hand' } })
  })

  it('is refused from an older revision, and for a change of another project', async () => {
    const [a, b] = [await project(), await project()]
    const made = await putFlag(a.at, workflowDoc('w'))
    await changeFlag(a.at, 'w', { share: 500 })
    const stale = { projectId: a.projectId, version: made.version, from: 1, author }
    expect(await revertChange(postgres, stale)).toMatchObject({ refused: 'stale' })
    expect(await revertChange(postgres, { ...stale, projectId: b.projectId })).toMatchObject({ refused: 'unknown' })
  })
})

it('keeps segments and the AI switch in the same way', async () => {
  const { projectId, at } = await project()
  await putSegment(at, { key: 'staff' })
  await switchAi(at, { off: true, reason: 'costs' })
  await switchAi(at, { off: false })
  const changes = await listChanges(postgres, { projectId })
  expect(changes.map(({ kind, revision }) => [kind, revision])).toEqual([
    ['ai', 2],
    ['ai', 1],
    ['segment', 1],
  ])
  expect((await listAudit(postgres, projectId)).map(({ action }) => action)).toEqual([
    'ai.changed',
    'ai.created',
    'segment.created',
  ])
})

it('tells when a flag served its canary at which share', async () => {
  const { projectId, at } = await project()
  await putFlag(at, workflowDoc('w'))
  for (const fields of [
    { state: 'canary', share: 100 },
    { description: 'no stage of its own' },
    { share: 500 },
    { state: 'off' },
  ])
    await changeFlag(at, 'w', fields)
  const stages = await servedStages(postgres, { projectId, key: 'w' })
  expect(stages.map(({ state, share }) => [state, share])).toEqual([
    ['control', 0],
    ['canary', 100],
    ['canary', 500],
    ['off', 0],
  ])
  expect(stages.map(({ to }, i) => to?.getTime() === stages[i + 1]?.from.getTime())).toEqual([true, true, true, true])
})
