import { expect, it } from 'vitest'
import { listChanges as changesOfSystem } from '../../db/changes.ts'
import { openClickHouse } from '../../db/clickhouse.ts'
import { dayMs } from '../../db/domain/time.ts'
import { listChanges, readItem } from '../../db/flag-history.ts'
import { listOpenIncidents } from '../../db/incidents.ts'
import { listRemedies } from '../../db/remedies.ts'
import { addRule, lookDaily, worse } from '../alerts/looks.ts'
import { modelCall, storeSpans, trace } from '../factories.ts'
import { mintProject, testStores } from '../setup/context.ts'
import { changeFlag, putFlag, switchAi, workflowDoc } from './factory.ts'

const { postgres, clickhouse } = testStores()
const stores = { postgres, clickhouse }
const began = new Date('2026-03-20T01:00:00Z')

/** A project with an incident about a workflow, or about all of it. */
async function fired(scope = 'support') {
  const { projectId } = await mintProject()
  const rule = await addRule(postgres, projectId, { eachWorkflow: scope !== '' })
  await lookDaily(postgres, rule, [worse, worse, worse], began, scope)
  const [incident] = await listOpenIncidents(postgres, projectId)
  const id = `u-${projectId}`
  await postgres.sql`insert into users (id, name, email) values (${id}, 'Ada', ${`${projectId}@example.com`})`
  return { projectId, incident: incident!, person: { id, name: 'Ada' }, at: { postgres, projectId } }
}

/** Users of now, of an arm of a flag. */
const serve = (projectId: string, variant: string, users: string[], workflow = 'support') =>
  storeSpans(
    clickhouse,
    projectId,
    users.flatMap(userId =>
      trace({ userId, workflow, serving: 'ai', featureFlags: { [workflow]: variant } }, [modelCall()]),
    ),
  )

it('an incident about a workflow in canary offers to roll it back or to do without AI, by its users of the week', async () => {
  const { projectId, incident, person, at } = await fired()
  const ramp = { stages: [{ share: 500, hours: 1 }], state: 'running', at: 0, since: new Date().toISOString() }
  await putFlag(at, workflowDoc('support', { state: 'canary', share: 500, ramp }))
  await putFlag(at, workflowDoc('another', { state: 'canary' }))
  await serve(projectId, 'canary', ['ada', 'bob', 'ada'])
  await serve(projectId, 'control', ['cyd'])
  const [back, off, ...more] = await listRemedies(stores, incident)
  expect(more).toEqual([])
  expect(back).toMatchObject({
    label: 'Roll back support',
    consequence: expect.stringMatching(
      /^Ends its canary at 5 %, which served 2 users in the last 7 days: they get the control/,
    ),
  })
  expect(off).toMatchObject({
    label: 'Disable AI for support',
    consequence: expect.stringMatching(
      /^Stops AI for 3 users of the last 7 days: the deterministic path serves support/,
    ),
  })
  expect(off?.consequence).not.toContain('no flag')
  expect(await back?.apply(person)).toEqual({ ok: true, done: 'rolled support back to the control' })
  const [change] = await listChanges(postgres, { projectId, key: 'support' })
  expect(change).toMatchObject({
    who: 'Ada',
    why: expect.stringContaining(`Incident ${incident.id}: Negative feedback on support is up 50.0 %`),
    after: { state: 'control', ramp: { state: 'paused' } },
  })
  // Somebody else was quicker: that is no fault.
  expect(await back?.apply(person)).toEqual({ ok: true, done: 'support serves the control already' })
  expect((await listRemedies(stores, incident)).map(({ id }) => id)).toEqual(['off:support'])
  expect(await off?.apply(person)).toMatchObject({ ok: true })
  expect(await listRemedies(stores, incident)).toEqual([])
})

it('without a flag, disabling AI makes the workflow’s flag with its switch at off', async () => {
  const { projectId, incident, person } = await fired()
  const [off, ...more] = await listRemedies(stores, incident)
  expect(more).toEqual([])
  expect(off?.consequence).toContain('There is no flag support yet: it is made, with its switch at off.')
  expect(off?.consequence).toContain('Stops AI for 0 users')
  await off?.apply(person)
  expect((await readItem(postgres, { projectId, kind: 'flag', key: 'support' }))?.doc).toMatchObject({
    kind: 'workflow',
    state: 'off',
  })
})

it('an incident of the whole project offers every canary, and nothing when it is over', async () => {
  const { projectId, incident: carried, at } = await fired('')
  const incident = { ...carried, evidence: { ...carried.evidence, segments: [] } }
  await putFlag(at, workflowDoc('one', { state: 'canary' }))
  await putFlag(at, workflowDoc('two', { state: 'canary' }))
  await putFlag(at, workflowDoc('three'))
  await serve(projectId, 'canary', ['ada'], 'one')
  expect((await listRemedies(stores, incident)).map(({ id }) => id)).toEqual(['rollback:one', 'rollback:two'])
  // Unless one workflow carries it.
  expect((await listRemedies(stores, carried)).map(({ id }) => id)).toEqual(['off:support-agent'])
  expect(await listRemedies(stores, { ...incident, endedAt: new Date() })).toEqual([])
})

it('another project’s flags are no remedy', async () => {
  const other = await fired()
  await putFlag(other.at, workflowDoc('support', { state: 'canary' }))
  const { incident } = await fired()
  expect((await listRemedies(stores, incident)).map(({ id }) => id)).toEqual(['off:support'])
})

it('they are offered while ClickHouse is away, without the number of users', async () => {
  const { incident, at } = await fired()
  await putFlag(at, workflowDoc('support', { state: 'canary' }))
  const away = openClickHouse({ url: 'http://u:p@127.0.0.1:9/davylamp' })
  const remedies = await listRemedies({ postgres, clickhouse: away }, incident)
  expect(remedies.map(({ id }) => id)).toEqual(['rollback:support', 'off:support'])
  for (const { consequence } of remedies) expect(consequence).toContain('ClickHouse does not answer')
  await away.close()
})

it('what changed in a window names the flags’ revisions: who, what, why, and where to see it', async () => {
  const { projectId, at } = await fired()
  await putFlag(at, workflowDoc('support', { state: 'canary', share: 500 }), 'try it')
  await changeFlag(at, 'support', { share: 2500 })
  await changeFlag(at, 'support', { description: 'Answers' })
  await putFlag(at, workflowDoc('another'))
  await switchAi(at, { off: true, reason: 'costs' })
  const window = { projectId, from: new Date(Date.now() - dayMs), to: new Date(Date.now() + 60_000) }
  const about = await changesOfSystem(stores, { ...window, workflow: 'support' })
  expect(about.filter(({ kind }) => kind !== 'AI switch')).toMatchObject([
    { what: 'flag support: description changed (“a test”)', to: 'flags/support?tab=history' },
    { what: 'flag support: canary at 5 % → canary at 25 % (“a test”)' },
    { what: 'flag support was made: canary at 5 % (“try it”)' },
  ])
  expect(about.map(({ what }) => what)).toContain('AI was switched off (“a test”)')
  expect((await changesOfSystem(stores, { ...window, workflow: '' })).map(({ what }) => what)).toContain(
    'flag another was made: control (“a test”)',
  )
  const before = { ...window, from: new Date(Date.now() - 2 * dayMs), to: new Date(Date.now() - dayMs) }
  expect(await changesOfSystem(stores, { ...before, workflow: 'support' })).toEqual([])
})
