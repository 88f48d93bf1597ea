import { beforeAll, describe, expect, it, vi } from 'vitest'
import type { WorkflowFlag } from '../../db/domain/flags/flag.ts'
import { listChanges, readItem } from '../../db/flag-history.ts'
import { modelCall, newTraceId, storeSpans, trace } from '../factories.ts'
import { booleanDoc, changeFlag, putFlag, putSegment, switchAi, workflowDoc } from '../flags/factory.ts'
import { firstVisit, startTestWeb, type Visitor, type Web } from './web.ts'

let web: Web
let visitor: Visitor
let projectId: string
let at: { postgres: Web['services']['postgres']; projectId: string }
beforeAll(async () => {
  web = await startTestWeb()
  const visit = await firstVisit(web)
  visitor = visit.visitor
  projectId = visit.projectId
  at = { postgres: web.services.postgres, projectId }
})

const path = (key = '') => `/p/${projectId}/flags${key && `/${key}`}`
const docOf = async (key: string) => (await readItem(at.postgres, { projectId, kind: 'flag', key }))?.doc
const revisionOf = async (key: string) => (await readItem(at.postgres, { projectId, kind: 'flag', key }))?.revision ?? 0
const text = async (answer: Response) => (await answer.text()).replaceAll('<!-- -->', '').replaceAll('&#x27;', "'")
/** What the page of a flag is asked for, as its script asks. */
const ask = async (key: string, fields: Record<string, string>) => {
  const answer = await visitor.post(path(key), { from: String(await revisionOf(key)), ...fields })
  return { status: answer.status, text: await text(answer) }
}
const reach = ({ version }: { version: number }) => web.services.flags.reach(version, 10_000)

describe('the list of flags', () => {
  it('tells the next step while there is none, then how each stands', async () => {
    expect(await text(await visitor.get(path()))).toContain('No flags yet')
    await putFlag(at, workflowDoc('agent', { state: 'canary', share: 500, description: 'Answers' }))
    await putFlag(at, booleanDoc('old', { expiresAt: '2026-01-01T00:00:00Z' }))
    const page = await text(await visitor.get(path()))
    for (const words of ['agent', 'Answers', 'canary at 5 %', 'expired: remove it from the code'])
      expect(page).toContain(words)
  })

  it('makes a flag that changes nothing yet, and leads to its page', async () => {
    const made = await visitor.post(path(), { type: 'boolean', key: 'new-composer', description: '' })
    expect([made.status, made.headers.get('location')]).toEqual([302, path('new-composer')])
    expect(await docOf('new-composer')).toMatchObject({ kind: 'value', type: 'boolean', state: 'off' })
    await visitor.post(path(), { type: 'workflow', key: 'summarize' })
    expect(await docOf('summarize')).toMatchObject({ kind: 'workflow', state: 'control' })
  })

  it.each([
    ['', 'Give it a key.'],
    ['a/b', 'The key must be 1 to 100 letters'],
    ['agent', 'There is a flag agent already.'],
  ])('refuses the key %j', async (key, sentence) => {
    const answer = await visitor.post(path(), { type: 'boolean', key })
    expect([answer.status, (await text(answer)).includes(sentence)]).toEqual([400, true])
  })
})

describe('the page of a flag', () => {
  it('says by its consequence what switching it off means, and where its last change is in effect', async () => {
    const users = ['ada', 'bob', 'ada', 'cyd']
    const spans = users.flatMap(userId =>
      trace({ traceId: newTraceId(), userId, workflow: 'agent', serving: 'ai', featureFlags: { agent: 'canary' } }, [
        modelCall(),
      ]),
    )
    await storeSpans(web.services.clickhouse, projectId, spans)
    await reach(await changeFlag(at, 'agent', { description: 'Answers questions' }))
    const page = await text(await visitor.get(path('agent')))
    expect(page).toContain('In effect on 1 of 1 process')
    expect(page).toMatch(/canary<\/span>.{0,400}>3<.{0,400}>4</s)
    // The dialog is made by the page's script from this.
    expect(page).toMatch(/\\"users\\",3/)
  })

  it('that is not there, or is another project’s, is 404', async () => {
    expect((await visitor.get(path('nowhere'))).status).toBe(404)
    const second = await visitor.post('/projects/new', { name: 'Another' })
    const other = second.headers.get('location')?.replace(/[^/]+$/, 'flags/agent') ?? ''
    expect((await visitor.get(other)).status).toBe(404)
  })

  it('switches to a canary, to control and to off, with why', async () => {
    expect(await ask('agent', { intent: 'switch', state: 'canary', share: '2500', why: 'all well' })).toMatchObject({
      status: 200,
    })
    expect(await docOf('agent')).toMatchObject({ state: 'canary', share: 2500 })
    await ask('agent', { intent: 'switch', state: 'control', why: '' })
    expect(await docOf('agent')).toMatchObject({ state: 'control' })
    await ask('agent', { intent: 'off', whenOff: 'finish', why: 'costs' })
    expect(await docOf('agent')).toMatchObject({ state: 'off', whenOff: 'finish' })
    const [last] = await listChanges(at.postgres, { projectId, key: 'agent', limit: 1 })
    expect(last).toMatchObject({ who: 'Ada Lovelace', why: 'costs' })
  })

  it('refuses an edit made from an older revision with a sentence, but switches AI off whatever it is by now', async () => {
    await changeFlag(at, 'agent', { state: 'control' })
    const stale = String((await revisionOf('agent')) - 1)
    const refused = await ask('agent', { intent: 'switch', from: stale, state: 'canary', share: '100' })
    expect(refused.status).toBe(409)
    expect(refused.text).toContain('has changed it since you opened it')
    expect(await docOf('agent')).toMatchObject({ state: 'control' })
    expect(await ask('agent', { intent: 'off', from: stale })).toMatchObject({ status: 200 })
    expect(await docOf('agent')).toMatchObject({ state: 'off' })
  })

  it('saves a section, and tells the path of what is wrong with it', async () => {
    await putSegment(at, { key: 'staff' })
    const rules = [{ name: 'us', when: [{ attribute: '', op: 'in_segment', values: ['staff'] }], serve: 'canary' }]
    const patch = (fields: object) => ({ intent: 'save', why: '', patch: JSON.stringify(fields) })
    expect((await ask('agent', patch({ rules, otherwise: 'control' }))).status).toBe(200)
    expect(await docOf('agent')).toMatchObject({ rules, otherwise: 'control' })
    const wrong = [{ when: [{ attribute: 'a', op: 'above', values: ['ten'] }], serve: 'off' }]
    const refused = await ask('agent', patch({ rules: wrong }))
    expect([refused.status, refused.text.includes('rules.0.when.0.values')]).toEqual([400, true])
    expect((await ask('agent', { intent: 'save', why: '', patch: '[' })).status).toBe(400)
    expect(await docOf('agent')).toMatchObject({ rules })
  })

  it('takes what is not set any more away', async () => {
    const patch = (fields: object) => ({ intent: 'save', why: '', patch: JSON.stringify(fields) })
    await ask('agent', patch({ expiresAt: '2030-01-01T00:00:00Z' }))
    expect(await docOf('agent')).toHaveProperty('expiresAt')
    await ask('agent', patch({ expiresAt: null }))
    expect(await docOf('agent')).not.toHaveProperty('expiresAt')
  })

  it('saves what the canary is held to, and begins the comparison anew', async () => {
    const patch = (guardrails: object) => ({ intent: 'save', why: '', patch: JSON.stringify({ guardrails }) })
    await ask('agent', { intent: 'switch', state: 'canary', share: '500', why: '' })
    const before = (await docOf('agent')) as WorkflowFlag
    expect((await ask('agent', patch({ latency: { tolerance: 0.3 }, ttft: {} }))).status).toBe(200)
    const after = (await docOf('agent')) as WorkflowFlag
    expect(after.guardrails).toEqual({ latency: { tolerance: 0.3 }, ttft: {} })
    expect(Date.parse(after.since ?? '')).toBeGreaterThan(Date.parse(before.since ?? ''))
    const none = await ask('agent', patch({}))
    expect([none.status, none.text.includes('must name a guardrail')]).toEqual([400, true])
    const history = await text(await visitor.get(`${path('agent')}?tab=history`))
    for (const said of ['guardrails.latency.tolerance', '30 %', 'guardrails.ttft', 'held to, as usual'])
      expect([said, history.includes(said)]).toEqual([said, true])
  })

  it('plans, starts and pauses a ramp, and makes a canary the control', async () => {
    await putFlag(at, workflowDoc('ramped', { canary: { version: '2' } }))
    const ramp = async () => ((await docOf('ramped')) as WorkflowFlag).ramp
    await ask('ramped', { intent: 'ramp', act: 'add' })
    expect((await ramp())?.stages.map(({ share }) => share)).toEqual([100, 500, 2500, 5000, 10_000])
    await ask('ramped', { intent: 'ramp', act: 'start' })
    expect(await docOf('ramped')).toMatchObject({ state: 'canary', share: 100, ramp: { state: 'running' } })
    await ask('ramped', { intent: 'switch', state: 'canary', share: '700' })
    expect(await ramp()).toMatchObject({ state: 'paused', because: 'share changed by hand' })
    await ask('ramped', { intent: 'adopt' })
    expect(await docOf('ramped')).toMatchObject({ state: 'control', control: { version: '2' }, canary: {} })
  })

  it('reverts a change by one press, and brings a removed flag back', async () => {
    await putFlag(at, booleanDoc('mind'))
    const { version } = await changeFlag(at, 'mind', { state: 'off' })
    await ask('mind', { intent: 'revert', version: String(version) })
    expect(await docOf('mind')).toMatchObject({ state: 'on' })
    await ask('mind', { intent: 'remove' })
    expect(await docOf('mind')).toBeNull()
    const page = await text(await visitor.get(path('mind')))
    expect(page).toContain('This flag was removed')
    const [last] = await listChanges(at.postgres, { projectId, key: 'mind', limit: 1 })
    await ask('mind', { intent: 'revert', version: String(last?.version) })
    expect(await docOf('mind')).toMatchObject({ state: 'on' })
  })

  it('shows who changed what, when and why', async () => {
    const page = await text(await visitor.get(`${path('agent')}?tab=history`))
    for (const words of ['Ada Lovelace', 'costs', 'Revert revision', 'control', 'canary']) expect(page).toContain(words)
  })
})

it('evaluates a flag for a context, and says why', async () => {
  await reach(await putFlag(at, workflowDoc('tried', { state: 'canary', share: 500 })))
  const tried = async (context: string) =>
    text(await visitor.get(`${path('tried')}/try.data?context=${encodeURIComponent(context)}`))
  expect(await tried('{"targetingKey":"u292"}')).toContain("Bucket 11 of 10,000 lies in the canary's 0 to 499.")
  expect(await tried('{')).toContain('The context is not JSON.')
})

describe('segments', () => {
  const save = (fields: Record<string, string>) => visitor.post(`${path('segments')}`, fields)

  it('are made, listed and changed, and one that is asked for stays', async () => {
    const when = [{ attribute: 'plan', op: 'is', values: ['beta'] }]
    const doc = JSON.stringify({ key: 'beta', when })
    expect((await save({ intent: 'save', key: 'beta', from: '0', doc })).status).toBe(200)
    expect((await save({ intent: 'save', key: 'beta', from: '0', doc })).status).toBe(400)
    expect(await text(await visitor.get(path('segments')))).toContain('plan is beta')
    const rules = [{ when: [{ op: 'in_segment', values: ['beta'] }], serve: 'off' }]
    await reach(await putFlag(at, workflowDoc('asks', { rules })))
    const kept = await save({ intent: 'remove', key: 'beta', from: '1' })
    expect([kept.status, (await text(kept)).includes('flag asks asks for it')]).toEqual([400, true])
  })
})

describe('the AI switch', () => {
  const settings = () => `/p/${projectId}/settings/ai`

  it('switches the project, shows it over every page, and where it is in effect', async () => {
    const answer = await visitor.post(settings(), {
      scope: 'project',
      off: 'true',
      whenOff: 'stop',
      reason: 'a breach',
    })
    expect(answer.status).toBe(200)
    await expect.poll(() => web.services.flags.set(projectId).aiOff).toMatchObject({ scope: 'project' })
    for (const page of ['overview', 'runs', 'flags/agent']) {
      const shown = await text(await visitor.get(`/p/${projectId}/${page}`))
      expect(shown).toContain('AI is switched off for this project.')
      expect(shown).toContain('a breach')
    }
    await expect
      .poll(async () => text(await visitor.get(settings())))
      .toMatch(/in effect on 1 of 1\s+process after \d+ ms/)
    await visitor.post(settings(), { scope: 'project', off: 'false', reason: '' })
    await expect.poll(() => web.services.flags.set(projectId).aiOff).toBeUndefined()
    expect(await text(await visitor.get(`/p/${projectId}/runs`))).not.toContain('AI is switched off')
  })

  it('switches the whole installation for its owner, and for nobody else', async () => {
    const post = () => visitor.post(settings(), { scope: 'installation', off: 'true', reason: '' })
    // How many users there are in other projects is not for the members of this one.
    const askedOfAll = async () => {
      const asked = vi.spyOn(web.services.clickhouse, 'query')
      expect((await visitor.get(settings())).status).toBe(200)
      const count = asked.mock.calls.filter(([{ params }]) => !Object.hasOwn(params ?? {}, 'project')).length
      asked.mockRestore()
      return count
    }
    const { sql } = web.services.postgres
    await sql`update members set role = 'member' where project_id = ${projectId}`
    expect((await post()).status).toBe(403)
    expect(await askedOfAll()).toBe(0)
    await sql`update members set role = 'owner' where project_id = ${projectId}`
    expect(await askedOfAll()).toBe(1)
    expect((await post()).status).toBe(200)
    await expect.poll(() => web.services.flags.set('any').aiOff).toMatchObject({ scope: 'installation' })
    await reach(await switchAi({ ...at, projectId: null }, { off: false }))
  })
})

it('lets a viewer look, and change nothing', async () => {
  const { sql } = web.services.postgres
  await sql`update members set role = 'viewer' where project_id = ${projectId}`
  const before = await docOf('agent')
  expect((await visitor.get(path('agent'))).status).toBe(200)
  expect(await ask('agent', { intent: 'off' })).toMatchObject({ status: 403 })
  expect((await visitor.post(path(), { type: 'boolean', key: 'sneaky' })).status).toBe(403)
  expect((await visitor.post(`/p/${projectId}/settings/ai`, { scope: 'project', off: 'true' })).status).toBe(403)
  expect(await docOf('agent')).toEqual(before)
})
