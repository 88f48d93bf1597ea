import { beforeAll, expect, it } from 'vitest'
import { listChannels } from '../../db/alert-channels.ts'
import { listRules } from '../../db/alert-rules.ts'
import { createBacktest } from '../../db/backtests.ts'
import { alertRule } from '../../db/domain/alert-rule.ts'
import { listOpenIncidents } from '../../db/incidents.ts'
import { createProject } from '../../db/projects.ts'
import { addRule, lookDaily, worse } from '../alerts/looks.ts'
import { firstVisit, startTestWeb, type Visitor, type Web } from './web.ts'

let web: Web
let visitor: Visitor
let projectId: string
beforeAll(async () => {
  web = await startTestWeb()
  const first = await firstVisit(web)
  visitor = first.visitor
  projectId = first.projectId
})

const t0 = new Date('2026-03-20T01:00:00Z')
const at = (path: string, project = projectId) => `/p/${project}/alerts${path}`
const text = async (answer: Response) => (await answer.text()).replace(/<!-- -->/g, '')
const withRole = (role: string) =>
  web.services.postgres.sql`update members set role = ${role} where project_id = ${projectId}`

it('begins with ten rules in the first project too', async () => {
  expect(await listRules(web.services.postgres, projectId)).toHaveLength(10)
})

it('knows nothing of another project’s incidents, rules and backtests', async () => {
  const { postgres } = web.services
  const other = await createProject(postgres, { name: 'Other' })
  const rule = await addRule(postgres, other)
  await lookDaily(postgres, rule, [worse, worse], t0)
  const [incident] = await listOpenIncidents(postgres, other)
  const backtest = await createBacktest(postgres, other, alertRule.parse({ name: 'Secret name', metric: 'latency' }))
  expect((await visitor.get(at(`/incidents/${incident!.id}`))).status).toBe(404)
  expect((await visitor.get(at(`/incidents/${incident!.id}`, other))).status).toBe(404)
  expect((await visitor.get(at(`/rules/${rule.id}`))).status).toBe(404)
  expect(await text(await visitor.get(at(`/rules/new?backtest=${backtest}`)))).not.toContain('Secret name')
  expect((await visitor.post(at(`/incidents/${incident!.id}`), { intent: 'acknowledge' })).status).toBe(404)
  expect((await visitor.get(at('/incidents/not-a-number'))).status).toBe(404)
})

it('keeps a channel’s secret out of every page, and encrypted in the store', async () => {
  const { postgres } = web.services
  const url = 'https://hooks.slack.example/services/T0/B0/topsecret'
  const saved = await visitor.post(at('/channels'), { name: 'Quality', kind: 'slack', by: 'webhook', url })
  expect(saved.status).toBe(200)
  const page = await text(await visitor.get(at('/channels')))
  expect(page).toContain('Quality')
  expect(page).not.toContain('topsecret')
  const [row] =
    await postgres.sql`select sealed, config::text as config from alert_channels where project_id = ${projectId}`
  expect(`${row?.sealed}${row?.config}`).not.toContain('topsecret')
  const [audit] = await postgres.sql`select detail::text as detail from audit_log where action = 'channel.created'`
  expect(audit?.detail).not.toContain('topsecret')
})

it.each([
  [{ name: '', kind: 'slack', by: 'webhook', url: 'https://hooks.slack.example/x' }, 'Name the channel'],
  [{ name: 'x', kind: 'slack', by: 'webhook', url: 'http://169.254.169.254/latest' }, 'not a public address'],
  [{ name: 'x', kind: 'slack', by: 'bot', token: 'xoxb-1234567890' }, 'id of the Slack channel'],
  [{ name: 'x', kind: 'email', to: 'nobody' }, 'not an e-mail address'],
  [{ name: 'x', kind: 'webhook', url: 'nonsense' }, 'not a URL'],
  [{ name: 'x', kind: 'pagerduty', routingKey: 'short' }, 'not what is expected'],
  [{ name: 'x', kind: 'pigeon' }, 'what kind of channel'],
  [
    { name: 'x', kind: 'email', to: 'a@example.com', quiet: 'on', from: '25:00', to_: '', zone: 'Mars/Base' },
    'must be a time',
  ],
])('refuses the channel %o with a sentence', async (fields, sentence) => {
  const answer = await visitor.post(at('/channels'), fields as Record<string, string>)
  expect(answer.status).toBe(400)
  expect(await text(answer)).toContain(sentence)
})

it('keeps the place of a channel whose secret stays', async () => {
  const { postgres } = web.services
  await visitor.post(at('/channels'), { name: 'Hook', kind: 'webhook', url: 'https://hooks.example.com/in' })
  const hook = (await listChannels(postgres, projectId)).find(({ name }) => name === 'Hook')!
  expect(hook.config).toMatchObject({ host: 'hooks.example.com' })
  await visitor.post(at('/channels'), { id: hook.id, name: 'Renamed', kind: 'webhook', url: '' })
  const renamed = (await listChannels(postgres, projectId)).find(({ id }) => id === hook.id)!
  expect(renamed).toMatchObject({ name: 'Renamed', config: { host: 'hooks.example.com' } })
  const slack = (await listChannels(postgres, projectId)).find(({ kind }) => kind === 'slack')!
  const answer = await visitor.post(at('/channels'), {
    id: slack.id,
    name: 'x',
    kind: 'slack',
    by: 'bot',
    channel: 'C01',
  })
  expect(await text(answer)).toContain('needed for the other way to Slack')
})

it.each<[string, Record<string, string>, Record<string, string>]>([
  ['slack', { by: 'bot', channel: 'C01' }, { token: 'xoxb-1234567890' }],
  ['pagerduty', {}, { routingKey: 'R'.repeat(32) }],
])('sends a secret that stays to no other address: %s', async (kind, place, secret) => {
  const { postgres } = web.services
  const name = `Kept ${kind}`
  const ours = 'https://api.ours.example/v2'
  const save = (more: Record<string, string>) =>
    visitor.post(at('/channels'), { name, kind, api: ours, ...place, ...more })
  const kept = async () => (await listChannels(postgres, projectId)).find(channel => channel.name === name)!
  expect((await save(secret)).status).toBe(200)
  const { id } = await kept()
  const moved = await save({ id, api: 'https://api.evil.example/v2' })
  expect([moved.status, await text(moved)]).toEqual([400, expect.stringContaining('needed for another address')])
  expect((await kept()).config).toMatchObject({ api: ours })
  expect((await save({ id, api: `${ours}/` })).status).toBe(200)
  expect((await save({ id, api: 'https://api.evil.example/v2', ...secret })).status).toBe(200)
  expect((await kept()).config).toMatchObject({ api: 'https://api.evil.example/v2' })
})

it('saves no rule that was not tried on history', async () => {
  const answer = await visitor.post(at('/rules/new'), { intent: 'save', backtest: 'bt_none' })
  expect(answer.status).toBe(409)
  expect(await text(answer)).toContain('Try the rule on the project’s history first')
})

it('changes a rule that is switched off without switching it on', async () => {
  const { postgres } = web.services
  const id = (await addRule(postgres, projectId)).id
  const rule = async () => (await listRules(postgres, projectId)).find(each => each.id === id)!
  const revision = () => rule().then(found => String(found.revision))
  await visitor.post(at('/rules'), { intent: 'switch', id, revision: await revision(), enabled: 'false' })
  const backtest = await createBacktest(postgres, projectId, {
    ...alertRule.parse(await rule()),
    name: 'Renamed',
    enabled: true,
  })
  await postgres.sql`update alert_backtests set status = 'done' where id = ${backtest}`
  const saved = await visitor.post(at(`/rules/${id}`), { intent: 'save', backtest, revision: await revision() })
  expect([saved.status, (await rule()).name, (await rule()).enabled]).toEqual([302, 'Renamed', false])
})

it('lets viewers look and nothing else, and members act but not configure', async () => {
  const { postgres } = web.services
  await lookDaily(postgres, await addRule(postgres, projectId), [worse, worse], t0)
  const [incident] = await listOpenIncidents(postgres, projectId)
  const rules = await listRules(postgres, projectId)
  const change = () =>
    visitor.post(at('/rules'), { intent: 'switch', id: rules[0]!.id, revision: '1', enabled: 'false' })
  await withRole('viewer')
  expect((await visitor.get(at(`/incidents/${incident!.id}`))).status).toBe(200)
  expect((await visitor.post(at(`/incidents/${incident!.id}`), { intent: 'acknowledge' })).status).toBe(403)
  expect((await visitor.post(at('/silences'), { hours: '1' })).status).toBe(403)
  expect((await change()).status).toBe(403)
  expect(await text(await visitor.get(at('/channels')))).not.toContain('whsec_')
  await withRole('member')
  expect((await visitor.post(at(`/incidents/${incident!.id}`), { intent: 'acknowledge' })).status).toBe(200)
  expect((await change()).status).toBe(403)
  await withRole('owner')
  expect((await change()).status).toBe(200)
  expect((await change()).status).toBe(409)
})

it('silences an incident’s rule from its page, and shows it in the history', async () => {
  const { postgres } = web.services
  const [incident] = await listOpenIncidents(postgres, projectId)
  const answer = await visitor.post(at(`/incidents/${incident!.id}`), {
    intent: 'silence',
    hours: '24',
    comment: 'known',
  })
  expect(answer.status).toBe(200)
  const page = await text(await visitor.get(at(`/incidents/${incident!.id}`)))
  expect(page).toMatch(/silenced until .*: known/)
  expect((await visitor.post(at(`/incidents/${incident!.id}`), { intent: 'silence', hours: '0' })).status).toBe(400)
})
