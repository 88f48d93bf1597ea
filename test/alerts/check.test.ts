import { expect, it } from 'vitest'
import { backtestRule } from '../../alerts/backtest.ts'
import { checkProject } from '../../alerts/check.ts'
import { alone } from '../../db/advisory-lock.ts'
import { createChannel } from '../../db/alert-channels.ts'
import { deleteRule, listRules, updateRule } from '../../db/alert-rules.ts'
import { readStandings } from '../../db/alerts.ts'
import { alertRule } from '../../db/domain/alert-rule.ts'
import type { Observation } from '../../db/domain/alerts.ts'
import type { Route } from '../../db/domain/channels.ts'
import { dayMs, hourMs } from '../../db/domain/time.ts'
import { compareWindows } from '../../db/domain/week-over-week.ts'
import { listEndedIncidents, listEvents, listNotifications, listOpenIncidents, listParts } from '../../db/incidents.ts'
import { readWithin } from '../../db/mix-shift.ts'
import { createSilence, liftSilence } from '../../db/silences.ts'
import { readWeeks } from '../../db/week-over-week.ts'
import { mintProject, testStores } from '../setup/context.ts'
import { days, storeDays } from './history.ts'
import { addRule, changeBy, fine, look, lookDaily, worse } from './looks.ts'

const stores = testStores()
const { clickhouse, postgres } = stores
const t0 = new Date('2026-03-01T00:00:00Z')
/** A quarter past one on the morning after so many days: the look at whole days up to then. */
const morning = (day: number) => new Date(t0.getTime() + day * dayMs + 75 * 60_000)

/** A project with these days of traffic, whose default rules are off but those on the named metrics. */
async function project(traffic: ReturnType<typeof days>, metrics: string[] = ['negative_feedback_rate']) {
  const { projectId } = await mintProject()
  for (const rule of await listRules(postgres, projectId))
    if (!metrics.includes(rule.metric)) await updateRule(postgres, { ...rule }, { enabled: false })
  await storeDays(clickhouse, projectId, t0, traffic)
  return projectId
}
const check = (projectId: string, day: number) => checkProject(stores, projectId, morning(day))
const open = (projectId: string) => listOpenIncidents(postgres, projectId)

it('sums each user once a window, in the store, whatever the metric, the filters and the window', async () => {
  const { projectId } = await mintProject()
  await storeDays(clickhouse, projectId, t0, [
    ...days(2, { disliked: 0.1 }),
    ...days(2, { disliked: 0.2 }, { disliked: 1, workflow: 'other' }),
  ])
  const at = {
    projectId,
    now: new Date(t0.getTime() + 4 * dayMs + hourMs),
    windowMs: 2 * dayMs,
    filters: { workflow: ['support'] },
  }
  const feedback = await readWeeks(clickhouse, { ...at, metric: 'negative_feedback_rate' })
  expect(feedback.baseline).toMatchObject({ d: 120 })
  expect(feedback.current).toMatchObject({ d: 120 })
  expect(compareWindows(feedback)?.relative).toBeGreaterThan(0.5)
  const both = await readWeeks(clickhouse, { ...at, filters: {}, metric: 'negative_feedback_rate' })
  expect(both.current.d).toBe(240)
  const latency = await readWeeks(clickhouse, { ...at, metric: 'latency' })
  expect(compareWindows(latency)?.current).toBeGreaterThan(890)
  expect(compareWindows(latency)?.current).toBeLessThan(1110)
})

it('fires at the second look at a real regression, with all that people will ask, and is over after three clear looks', async () => {
  const usual = { workflow: 'support' }
  const calm = { ...usual, disliked: 0.08 }
  const split = (disliked: number) => [
    { ...calm, traces: 40 },
    { ...usual, disliked, traces: 30, model: 'gpt-4o-2024-11-20', version: '2' },
  ]
  const projectId = await project([...days(14, calm), ...days(7, ...split(0.6)), ...days(16, calm)])
  expect((await check(projectId, 14)).map(({ state }) => state)).toEqual(expect.arrayContaining(['ok']))
  const until = async () => {
    for (let day = 15; day < 24; day++) {
      await check(projectId, day)
      if ((await open(projectId)).length > 0) return day
    }
    return undefined
  }
  const fired = await until()
  expect(fired).toBeGreaterThanOrEqual(16)
  expect(fired).toBeLessThanOrEqual(18)
  const incidents = await open(projectId)
  const [incident] = incidents
  expect(incident).toMatchObject({ metric: 'negative_feedback_rate', scope: '', state: 'firing', told: false })
  const { evidence } = incident!
  expect(evidence.relative).toBeGreaterThan(0.1)
  expect(evidence.low).toBeGreaterThan(0)
  expect(evidence.baseline).toBeCloseTo(0.08, 1)
  expect(Math.abs(Date.parse(evidence.since!) - (t0.getTime() + 14 * dayMs))).toBeLessThan(4 * hourMs)
  expect(evidence.segments[0]).toMatchObject({ key: expect.stringMatching(/gpt-4o-2024-11-20|support v2/) })
  expect(evidence.segments[0]?.carries).toBeGreaterThan(0.9)
  expect(evidence.traces).toHaveLength(5)
  expect(evidence.traces[0]?.why).toContain('negative feedback: question')
  expect(evidence.changes.map(({ what }) => what)).toEqual(
    expect.arrayContaining([
      'model gpt-4o-2024-11-20 seen for the first time',
      'workflow version support v2 seen for the first time',
    ]),
  )
  // The one workflow's own incident is part of the whole, and nobody is told of it twice.
  await check(projectId, 19)
  const [whole, ...parts] = await open(projectId)
  expect(parts.map(part => part.parentId)).toEqual(parts.map(() => whole!.id))
  for (const part of parts) expect(part.told).toBe(false)

  for (let day = 20; day < 38; day++) await check(projectId, day)
  expect(await open(projectId)).toEqual([])
  const ended = await listEndedIncidents(postgres, projectId)
  expect(ended.filter(one => one.scope === '')).toHaveLength(1)
  const events = await listEvents(postgres, whole!.id)
  expect(events.map(({ kind }) => kind)).toEqual(expect.arrayContaining(['opened', 'recovering', 'resolved']))
  expect(events.filter(({ kind }) => kind === 'opened')).toHaveLength(1)
})

it('stays quiet when nothing changed', async () => {
  const projectId = await project(days(16, { disliked: 0.1 }), [
    'negative_feedback_rate',
    'tool_failure_rate',
    'latency',
    'cost_per_session',
    'task_completion_rate',
  ])
  for (const day of [14, 15, 16]) await check(projectId, day)
  expect(await open(projectId)).toEqual([])
  const states =
    await postgres.sql`select distinct state from alert_states where project_id = ${projectId} and lane = 'week'`
  expect(states.map(row => row.state)).toEqual(['ok'])
})

it('looks at each window once, though two workers look at the same time', async () => {
  const projectId = await project([...days(7, { disliked: 0.08 }), ...days(7, { disliked: 0.5 })])
  const one = () => check(projectId, 13)
  await Promise.all([one(), one()])
  await Promise.all([check(projectId, 14), check(projectId, 14), check(projectId, 14)])
  const [whole, ...parts] = await open(projectId)
  expect(whole?.scope).toBe('')
  expect(parts.map(({ scope }) => scope)).toEqual(['support'])
  expect(await check(projectId, 14)).toEqual([])
  // A clock that goes back looks at nothing anew.
  expect(await check(projectId, 13)).toEqual([])
})

it('is not alarmed by one user who outweighs all others', async () => {
  const others = { disliked: 0.08 }
  const loop = { disliked: 1, user: 'bot', traces: 24 * 40 }
  const projectId = await project([...days(33, others), ...days(2, others, loop)])
  for (const day of [34, 35]) await check(projectId, day)
  expect(await open(projectId)).toEqual([])
  const [row] = await postgres.sql`
    select state, reason from alert_states where project_id = ${projectId} and lane = 'week' and scope = ''`
  expect(row).toMatchObject({ state: 'ok', reason: expect.stringContaining('a few users outweigh all others') })
})

it('looks on at a workflow that is seen no more for as long as its incident is open', async () => {
  const projectId = await project([...days(7, { disliked: 0.08 }), ...days(7, { disliked: 0.5 })])
  for (const day of [13, 14]) await check(projectId, day)
  expect((await open(projectId)).map(({ scope }) => scope)).toEqual(['', 'support'])
  const gone = async () => []
  for (const day of [22, 29]) await checkProject(stores, projectId, morning(day), { workflows: gone })
  expect(await open(projectId)).toEqual([])
})

it('looks at the other rules when one cannot be looked at', async () => {
  const projectId = await project([...days(7, { disliked: 0.08 }), ...days(7, { disliked: 0.5 })])
  const { id } = await addRule(postgres, projectId, { filters: { tag: ['beta'] }, fastLane: false })
  await postgres.sql`update alert_rules set metric = 'a metric of another release' where id = ${id}`
  for (const day of [13, 14])
    await expect(check(projectId, day)).rejects.toThrow(`1 looks failed, the first at rule ${id}`)
  expect((await open(projectId)).map(({ scope }) => scope)).toEqual(['', 'support'])
})

it('leaves deterministic traces out: they are an arm of their own', async () => {
  const projectId = await project([
    ...days(7, { disliked: 0.1, serving: 'deterministic' }),
    ...days(7, { disliked: 0.6, serving: 'deterministic' }),
  ])
  for (const day of [13, 14]) await check(projectId, day)
  const rows =
    await postgres.sql`select reason from alert_states where project_id = ${projectId} and lane = 'week' and scope = ''`
  expect(rows.map(row => row.reason)).toEqual([expect.stringContaining('too few users: 0')])
})

it('sees nothing of another project', async () => {
  await project([...days(7, { disliked: 0.1 }), ...days(7, { disliked: 0.6 })])
  const { projectId } = await mintProject()
  const sums = await readWeeks(clickhouse, { projectId, metric: 'negative_feedback_rate', now: morning(14) })
  expect(sums.current.users + sums.baseline.users).toBe(0)
})

it('does not take a shift of traffic towards a slower workflow for a regression, and says how much it was', async () => {
  const slow = { workflow: 'research', latencyMs: 20_000 }
  const projectId = await project(
    [...days(7, { traces: 50 }, { ...slow, traces: 10 }), ...days(7, { traces: 30 }, { ...slow, traces: 30 })],
    ['latency'],
  )
  const windows = { projectId, metric: 'latency' as const, now: morning(14) }
  expect(compareWindows(await readWeeks(clickhouse, windows))!.relative).toBeGreaterThan(1)
  const within = await readWithin(clickhouse, windows, 'workflow')
  expect(Math.abs(within!.relative)).toBeLessThan(0.02)
  for (const day of [14, 15]) await check(projectId, day)
  expect(await open(projectId)).toEqual([])
})

it('does not take the end of a workflow for a regression, nor its last few traces', async () => {
  const lasting = { workflow: 'support', disliked: 0.3 }
  const ending = { workflow: 'beta', disliked: 0.05 }
  const last = { ...ending, disliked: 1, traces: 4 }
  const projectId = await project([
    ...days(7, lasting, { ...ending, traces: 120 }),
    ...days(2, lasting, last),
    ...days(7, lasting),
  ])
  for (const day of [14, 15, 16]) await check(projectId, day)
  expect(await open(projectId)).toEqual([])
})

it('has the same interval within as without, where there is no shift', async () => {
  const projectId = await project([
    ...days(7, { traces: 30 }, { traces: 30, workflow: 'other' }),
    ...days(7, { traces: 30, disliked: 0.3 }, { traces: 30, workflow: 'other', disliked: 0.3 }),
  ])
  const windows = { projectId, metric: 'negative_feedback_rate' as const, now: morning(14) }
  const whole = compareWindows(await readWeeks(clickhouse, windows))!
  const within = (await readWithin(clickhouse, windows, 'workflow'))!
  expect(within.theta).toBeCloseTo(whole.theta, 2)
  expect(within.se / whole.se).toBeGreaterThan(0.9)
  expect(within.se / whole.se).toBeLessThan(1.1)
})

it('trusts no rate of feedback when people stopped to give it, or spans are mapped otherwise', async () => {
  const silent = await project([
    ...days(7, { disliked: 0.1 }),
    ...days(7, { disliked: 0.1, mappedBy: 'openinference' }),
  ])
  await check(silent, 14)
  const rows =
    await postgres.sql`select state, reason from alert_states where project_id = ${silent} and lane = 'week' and scope = ''`
  expect(rows.map(row => ({ ...row }))).toEqual([
    { state: 'untrusted', reason: expect.stringContaining('openinference') },
  ])
})

it('trusts nothing over a gap that the ledger tells of', async () => {
  const projectId = await project([...days(7, { disliked: 0.08 }), ...days(7, { disliked: 0.5 })])
  const lines = Array.from({ length: 14 * 24 }, (_, hour) => hour).filter(hour => hour < 250 || hour >= 262)
  const at = (hour: number) => new Date(t0.getTime() + hour * hourMs).toISOString()
  await clickhouse.insertRows({
    table: 'ledger',
    rows: lines.map(hour => ({
      project_id: projectId,
      hour: at(hour),
      item: 'spans',
      outcome: 'received',
      reason: '',
      client: 'test',
      count: 100,
      bytes: 1,
      last_at: at(hour),
    })),
  })
  for (const day of [13, 14]) await check(projectId, day)
  expect(await open(projectId)).toEqual([])
  const [row] =
    await postgres.sql`select state, reason from alert_states where project_id = ${projectId} and lane = 'week' and scope = ''`
  expect(row).toMatchObject({ state: 'untrusted', reason: expect.stringContaining('nothing arrived for 12 h') })
})

it('warns by the hour of an outage, two hours after it began, and is over when it is', async () => {
  const busy = { traces: 24 * 60 }
  const projectId = await project(days(28, { traces: 24 * 40, failedTools: 0.1 }), ['tool_failure_rate'])
  const rules = (await listRules(postgres, projectId)).filter(rule => rule.enabled && rule.eachWorkflow)
  for (const rule of rules) await updateRule(postgres, rule, { enabled: false })
  const outage = new Date(t0.getTime() + 28 * dayMs)
  await storeDays(clickhouse, projectId, outage, [[{ ...busy, failedTools: 0.8 }], [{ ...busy, failedTools: 0.1 }]])
  const hourly = (hour: number) =>
    checkProject(stores, projectId, new Date(outage.getTime() + hour * hourMs + 61 * 60_000))
  await hourly(1)
  expect(await open(projectId)).toEqual([])
  await hourly(2)
  const [incident] = await open(projectId)
  expect(incident).toMatchObject({ lane: 'hour', severity: 'warning', evidence: { traces: expect.any(Array) } })
  expect(incident?.evidence.current).toBeGreaterThan(0.7)
  for (const hour of [26, 27, 28]) await hourly(hour)
  expect((await open(projectId)).filter(one => one.lane === 'hour')).toEqual([])
})

const day = (n: number) => new Date(t0.getTime() + n * dayMs)
const part: Observation = worse

it('trusts no hour whose feedback comes from others than before, or whose spans are mapped otherwise', async () => {
  const calm = { traces: 24 * 60, disliked: 0.1, rated: 0.8 }
  const projectId = await project(days(28, calm))
  const after = new Date(t0.getTime() + 28 * dayMs)
  const angry = { ...calm, disliked: 0.8 }
  await storeDays(clickhouse, projectId, after, [[{ ...angry, rated: 0.3 }], [{ ...angry, mappedBy: 'openinference' }]])
  const reasonAt = async (hour: number) => {
    await checkProject(stores, projectId, new Date(after.getTime() + hour * hourMs + 61 * 60_000))
    const [row] = await postgres.sql`
      select state, reason from alert_states where project_id = ${projectId} and lane = 'hour' and scope = ''`
    return row
  }
  const widget = expect.stringContaining('who gives feedback has changed')
  for (const hour of [5, 6]) expect(await reasonAt(hour)).toEqual({ state: 'untrusted', reason: widget })
  const mapped = expect.stringContaining('spans are mapped otherwise')
  for (const hour of [29, 30]) expect(await reasonAt(hour)).toEqual({ state: 'untrusted', reason: mapped })
  expect((await open(projectId)).filter(one => one.lane === 'hour')).toEqual([])
})

it.each([
  ['negative_feedback_rate', { disliked: 0.1 }, { disliked: 0.3 }],
  ['task_completion_rate', { completed: 0.9 }, { completed: 0.6 }],
  ['tool_failure_rate', { failedTools: 0.1 }, { failedTools: 0.3 }],
  ['latency', { latencyMs: 1_000 }, { latencyMs: 1_500 }],
  ['cost_per_session', { costUsd: 0.01 }, { costUsd: 0.02 }],
] as const)('fires when %s gets worse, and not when it gets better', async (metric, good, bad) => {
  const opened = async (before: object, after: object) => {
    const projectId = await project([...days(7, before), ...days(9, after)], [metric])
    for (const day of [14, 15, 16]) await check(projectId, day)
    return (await open(projectId)).filter(({ scope }) => scope === '').map(({ metric }) => metric)
  }
  expect(await opened(good, bad)).toEqual([metric])
  expect(await opened(bad, good)).toEqual([])
})

/** A channel that takes everything, unless told. */
function addChannel(projectId: string, name = 'On call', route: Partial<Route> = {}) {
  const mail = { name, kind: 'email' as const, config: { to: ['oncall@example.com'] }, secret: {}, quiet: null }
  const routed = { severities: [], workflows: [], metrics: [], ...route }
  return createChannel(postgres, projectId, { ...mail, route: routed }, { instanceSecret: 'a secret of this test' })
}

/** Which channels were told of an incident, and as what, in order. */
async function toldOf(incidentId: number) {
  const all = await listNotifications(postgres, incidentId)
  return all.map(({ channel, kind }) => `${channel}: ${kind}`)
}

it('tells that it became a page once the silence is over in which it did', async () => {
  const { projectId } = await mintProject()
  const rule = await addRule(postgres, projectId, { severity: 'page' })
  await addChannel(projectId)
  const unsure = changeBy(0.15, 0.03)
  await lookDaily(postgres, rule, [unsure, unsure], day(0))
  const [incident] = await open(projectId)
  expect(incident).toMatchObject({ severity: 'warning', told: true })
  await createSilence(postgres, projectId, {
    matcher: {},
    startsAt: day(2),
    endsAt: day(4),
    weekly: null,
    comment: 'migration',
  })
  await lookDaily(postgres, rule, [worse, worse, worse, worse], day(2))
  const events = (await listEvents(postgres, incident!.id)).map(({ kind, untold }) => [kind, untold !== null])
  expect(events).toEqual([
    ['opened', false],
    ['escalated', true],
    ['escalated', false],
  ])
})

it('tells nobody what a silence covers, and tells it when the silence is over and it still lasts', async () => {
  const { projectId } = await mintProject()
  await addChannel(projectId)
  const rule = await addRule(postgres, projectId)
  const id = await createSilence(postgres, projectId, {
    matcher: { metric: 'negative_feedback_rate' },
    startsAt: day(0),
    endsAt: day(3),
    weekly: null,
    comment: 'migration',
  })
  await lookDaily(postgres, rule, [worse, worse, worse], day(0))
  const [incident] = await open(projectId)
  expect(incident?.told).toBe(false)
  expect((await listEvents(postgres, incident!.id)).map(({ kind, untold }) => ({ kind, untold }))).toEqual([
    { kind: 'opened', untold: 'silenced until 4 Mar 2026 00:00 UTC: migration' },
  ])
  await look(postgres, rule, worse, day(3))
  expect((await listEvents(postgres, incident!.id)).map(({ kind }) => kind)).toEqual(['opened', 'told'])
  expect(await liftSilence(postgres, projectId, id)).toBe(false)
})

it('does not tell the parts of what the whole project has, until the whole is over', async () => {
  const { projectId } = await mintProject()
  await addChannel(projectId)
  const whole = await addRule(postgres, projectId)
  const each = await addRule(postgres, projectId, { eachWorkflow: true })
  await lookDaily(postgres, whole, [worse, worse], day(0))
  for (const at of [0, 1]) for (const scope of ['billing', 'support']) await look(postgres, each, part, day(at), scope)
  const [first, ...parts] = await open(projectId)
  expect((await listParts(postgres, projectId, first!.id)).map(({ scope }) => scope).sort()).toEqual([
    'billing',
    'support',
  ])
  for (const one of parts)
    expect((await listEvents(postgres, one.id))[0]?.untold).toContain(`part of incident ${first!.id}`)
  await lookDaily(postgres, whole, [fine, fine, fine], day(2))
  await look(postgres, each, part, day(5), 'billing')
  const events = await listEvents(postgres, parts.find(({ scope }) => scope === 'billing')!.id)
  expect(events.map(({ kind }) => kind)).toEqual(['opened', 'told'])
  // Those that outlast the whole stand for themselves, also before their next look.
  expect((await open(projectId)).map(({ parentId }) => parentId)).toEqual([null, null])
})

it.each([
  ['all models', {}, { model: ['a'] }, true],
  ['one model of two', { model: ['a'] }, { model: ['a', 'b'] }, false],
  ['both models of two', { model: ['a', 'b'] }, { model: ['a'] }, true],
  ['one model of all', { model: ['a'] }, {}, false],
  ['what a model served, of the deterministic path', {}, { serving: ['deterministic'] }, false],
  ['whatever served', { serving: ['ai', 'deterministic'] }, {}, true],
  ['this workflow', { workflow: ['billing'] }, {}, true],
  ['another workflow', { workflow: ['support'] }, {}, false],
])('takes an incident for a part of one about %s only where that looks at all of it', async (_, all, some, isPart) => {
  for (const wholeFirst of [true, false]) {
    const { projectId } = await mintProject()
    const whole = await addRule(postgres, projectId, { filters: all })
    const each = await addRule(postgres, projectId, { filters: some, eachWorkflow: true })
    const fire = [
      () => lookDaily(postgres, whole, [worse, worse], day(0)),
      () => lookDaily(postgres, each, [part, part], day(0), 'billing'),
    ]
    for (const one of wholeFirst ? fire : fire.reverse()) await one()
    const parts = (await open(projectId)).filter(({ parentId }) => parentId !== null)
    expect(parts.map(({ scope }) => scope)).toEqual(isPart ? ['billing'] : [])
  }
})

it('tells of a part whom the whole did not reach: as a page where that was a warning, and by another route', async () => {
  const { projectId } = await mintProject()
  await addChannel(projectId, 'all')
  await addChannel(projectId, 'pager', { severities: ['page'] })
  await addChannel(projectId, 'team', { workflows: ['billing'] })
  const whole = await addRule(postgres, projectId, { severity: 'warning' })
  const each = await addRule(postgres, projectId, { eachWorkflow: true })
  const soft = await addRule(postgres, projectId, { eachWorkflow: true, severity: 'warning' })
  await lookDaily(postgres, whole, [worse, worse], day(0))
  const [first] = await open(projectId)
  expect(await toldOf(first!.id)).toEqual(['all: opened'])
  await lookDaily(postgres, each, [part, part, part], day(0), 'billing')
  await lookDaily(postgres, soft, [part, part, part], day(0), 'billing')
  const [page, warning] = (await listParts(postgres, projectId, first!.id)).sort((a, b) => a.id - b.id)
  expect(await toldOf(page!.id)).toEqual(['all: opened', 'pager: opened', 'team: opened'])
  expect(await toldOf(warning!.id)).toEqual(['team: opened'])
  await lookDaily(postgres, whole, [fine, fine, fine], day(2))
  for (const at of [3, 4]) await look(postgres, soft, part, day(at), 'billing')
  expect(await toldOf(warning!.id)).toEqual(['team: opened', 'all: opened'])
})

it('says of what no channel takes that nobody was told, and says it once', async () => {
  const { projectId } = await mintProject()
  const rule = await addRule(postgres, projectId)
  await lookDaily(postgres, rule, [worse, worse, worse, worse], day(0))
  const [incident] = await open(projectId)
  expect(incident?.told).toBe(false)
  expect((await listEvents(postgres, incident!.id)).map(({ kind, untold }) => [kind, untold])).toEqual([
    ['opened', 'no channel takes it'],
  ])
  await addChannel(projectId)
  await look(postgres, rule, worse, day(4))
  expect(await toldOf(incident!.id)).toEqual(['On call: opened'])
})

it('does not tell by the hour what it told by the week', async () => {
  const { projectId } = await mintProject()
  const rule = await addRule(postgres, projectId)
  await lookDaily(postgres, rule, [worse, worse], day(0))
  const [week] = await open(projectId)
  await lookDaily(postgres, rule, [worse, worse], day(0), '', 'hour')
  const hour = (await open(projectId)).find(({ lane }) => lane === 'hour')!
  expect((await listEvents(postgres, hour.id))[0]?.untold).toContain(`part of incident ${week!.id}`)
})

it('shows a part below what stands for itself, not below another part', async () => {
  const { projectId } = await mintProject()
  const whole = await addRule(postgres, projectId)
  const each = await addRule(postgres, projectId, { eachWorkflow: true })
  for (const lane of ['week', 'hour'] as const) await lookDaily(postgres, whole, [worse, worse], day(0), '', lane)
  await lookDaily(postgres, whole, [{ ...worse, currentUsers: 3 }, worse], day(2))
  const [week] = (await open(projectId)).filter(({ lane }) => lane === 'week')
  await lookDaily(postgres, each, [part, part], day(0), 'billing')
  expect((await listParts(postgres, projectId, week!.id)).map(({ scope }) => scope)).toEqual(['billing', ''])
})

it('lets an hour stand for itself when the week of its workflow is over', async () => {
  const { projectId } = await mintProject()
  const each = await addRule(postgres, projectId, { eachWorkflow: true })
  await lookDaily(postgres, each, [part, part], day(0), 'billing')
  await lookDaily(postgres, each, [part, part], day(0), 'billing', 'hour')
  await lookDaily(postgres, each, [fine, fine, fine], day(2), 'billing')
  expect((await open(projectId)).map(({ lane, parentId }) => [lane, parentId])).toEqual([['hour', null]])
})

it('looks at those workflows only that a rule for each is narrowed to, also where fifty others are busier', async () => {
  const busier = Array.from({ length: 50 }, (_, at) => ({ workflow: `busier ${at}`, traces: 2 }))
  const projectId = await project(days(1, ...busier, { workflow: 'billing', traces: 1 }), [])
  const rule = await addRule(postgres, projectId, { filters: { workflow: ['billing', 'unseen'] }, eachWorkflow: true })
  const whole = await addRule(postgres, projectId, { eachWorkflow: true })
  await check(projectId, 1)
  const stood = [...(await readStandings(postgres, projectId)).values()]
  const scopesOf = ({ id }: { id: string }) =>
    new Set(stood.filter(({ ruleId }) => ruleId === id).map(({ scope }) => scope))
  expect(scopesOf(rule)).toEqual(new Set(['billing']))
  expect(scopesOf(whole)).toEqual(new Set(busier.map(({ workflow }) => workflow)))
})

it('calls an incident firing again when there is data again that says so', async () => {
  const { projectId } = await mintProject()
  await addChannel(projectId)
  const rule = await addRule(postgres, projectId)
  const scarce = { ...worse, currentUsers: 3 }
  await lookDaily(postgres, rule, [worse, worse, scarce], day(0))
  expect((await open(projectId)).map(({ state }) => state)).toEqual(['no_data'])
  await lookDaily(postgres, rule, [worse], day(3))
  const [incident] = await open(projectId)
  expect(incident?.state).toBe('firing')
  expect((await listEvents(postgres, incident!.id)).map(({ kind }) => kind)).toEqual(['opened', 'no_data', 'relapsed'])
  expect(await toldOf(incident!.id)).toEqual(['On call: opened'])
})

it('reopens the same incident when it comes back within three days', async () => {
  const { projectId } = await mintProject()
  const rule = await addRule(postgres, projectId)
  await lookDaily(postgres, rule, [worse, worse, fine, fine, fine, worse, worse], day(0))
  const all = await open(projectId)
  expect(all).toHaveLength(1)
  expect((await listEvents(postgres, all[0]!.id)).map(({ kind }) => kind)).toEqual([
    'opened',
    'recovering',
    'resolved',
    'reopened',
  ])
})

it('ends what is open when its rule is switched off, and keeps a stale edit out', async () => {
  const { projectId } = await mintProject()
  await addChannel(projectId)
  const rule = await addRule(postgres, projectId)
  await lookDaily(postgres, rule, [worse, worse], day(0))
  const [incident] = await open(projectId)
  expect(await updateRule(postgres, rule, { enabled: false })).toBe(true)
  expect(await updateRule(postgres, rule, { threshold: 0.2 })).toBe(false)
  expect((await listEndedIncidents(postgres, projectId)).map(({ endedReason }) => endedReason)).toEqual([
    'the rule was switched off',
  ])
  expect((await listEvents(postgres, incident!.id)).map(({ kind, reason }) => [kind, reason]).at(-1)).toEqual([
    'resolved',
    'the rule was switched off',
  ])
  expect(await toldOf(incident!.id)).toEqual(['On call: opened', 'On call: resolved'])
})

it.each([
  ['metric', { metric: 'latency' as const }, ['week', 'hour']],
  ['workflows', { eachWorkflow: true }, ['week', 'hour']],
  ['fast lane', { fastLane: false }, ['hour']],
  ['threshold', { threshold: 0.2 }, []],
])('ends what a rule no longer looks at, and nothing else, when its %s is changed', async (_, change, ended) => {
  const { projectId } = await mintProject()
  const rule = await addRule(postgres, projectId)
  for (const lane of ['hour', 'week'] as const) await lookDaily(postgres, rule, [worse, worse], day(0), '', lane)
  expect(await updateRule(postgres, rule, change)).toBe(true)
  expect((await listEndedIncidents(postgres, projectId)).map(({ lane }) => lane)).toEqual(ended)
  expect(await open(projectId)).toHaveLength(2 - ended.length)
})

it('lets parts stand for themselves when the rule of the whole is deleted', async () => {
  const { projectId } = await mintProject()
  const whole = await addRule(postgres, projectId)
  const each = await addRule(postgres, projectId, { eachWorkflow: true })
  await lookDaily(postgres, whole, [worse, worse], day(0))
  await lookDaily(postgres, each, [part, part], day(0), 'billing')
  expect(await deleteRule(postgres, projectId, whole.id)).toBe(true)
  expect((await open(projectId)).map(({ scope, parentId }) => ({ scope, parentId }))).toEqual([
    { scope: 'billing', parentId: null },
  ])
})

it('tries a rule on history: how often it would have fired, when, and until when', async () => {
  const projectId = await project([
    ...days(21, { disliked: 0.08 }),
    ...days(7, { disliked: 0.5 }),
    ...days(20, { disliked: 0.08 }),
  ])
  const rule = { ...alertRule.parse({ name: 'Try', metric: 'negative_feedback_rate' }), projectId }
  const told: [number, number][] = []
  const progress = async (done: number, total: number) => void told.push([done, total])
  const result = await backtestRule(clickhouse, rule, morning(48), { progress })
  expect(result.scopes).toHaveLength(1)
  const [{ looks, alarms }] = result.scopes as [(typeof result.scopes)[0]]
  expect(looks).toHaveLength(35)
  expect(alarms).toHaveLength(1)
  const dayOf = (iso: string) => (Date.parse(iso) - t0.getTime()) / dayMs
  expect(dayOf(alarms[0]!.from)).toBeGreaterThanOrEqual(22)
  expect(dayOf(alarms[0]!.from)).toBeLessThanOrEqual(24)
  expect(dayOf(alarms[0]!.to!)).toBeGreaterThan(28)
  expect(result.alarmsPerMonth).toBeCloseTo(30 / 35, 1)
  expect(told.at(-1)).toEqual([35, 35])
  await expect(
    backtestRule(clickhouse, { ...rule, projectId: (await mintProject()).projectId }, morning(48)),
  ).rejects.toThrow('too little history')
})

it('tries a rule for each workflow on those only that it is narrowed to', async () => {
  const quiet = { workflow: 'billing', traces: 20 }
  const projectId = await project(days(28, {}, quiet), [])
  const given = { name: 'Try', metric: 'latency', filters: { workflow: ['billing'] }, eachWorkflow: true }
  const result = await backtestRule(clickhouse, { ...alertRule.parse(given), projectId }, morning(28))
  expect(result.scopes.map(({ scope }) => scope)).toEqual(['billing'])
})

it('lets one of two workers do a work at a time', async () => {
  const [began, held] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
  const first = alone(postgres, 'alerts.test', () => {
    began.resolve()
    return held.promise
  })
  await began.promise
  expect(await alone(postgres, 'alerts.test', async () => {})).toBe(false)
  held.resolve()
  expect(await first).toBe(true)
  expect(await alone(postgres, 'alerts.test', async () => {})).toBe(true)
})
