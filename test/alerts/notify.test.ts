import { afterEach, beforeEach, expect, it } from 'vitest'
import { signature } from '../../alerts/channels/webhook.ts'
import { startSender } from '../../alerts/notify.ts'
import { createChannel } from '../../db/alert-channels.ts'
import type { StoredRule } from '../../db/alert-rules.ts'
import { type ChannelKind, channels } from '../../db/domain/channels.ts'
import { acknowledge, listNotifications, listOpenIncidents } from '../../db/incidents.ts'
import { writeMessages } from '../../db/outbox.ts'
import { createProject } from '../../db/projects.ts'
import { type Catcher, startCatcher } from '../peers/catcher.ts'
import { asPagerDuty, routingKey } from '../peers/pagerduty.ts'
import { asSlack } from '../peers/slack.ts'
import { type Smtp, startSmtp } from '../peers/smtp.ts'
import { freshDatabase, testServices } from '../setup/context.ts'
import { addRule, changeBy, fine, hurry, look, lookDaily, worse } from './looks.ts'

const smtpPeer = await startSmtp()
const services = await testServices({
  DATABASE_URL: await freshDatabase(),
  SMTP_URL: smtpPeer.url,
  ALLOW_PRIVATE_ADDRESSES: 'true',
  PUBLIC_URL: 'https://lamp.example',
})
const { postgres } = services
const quick = { pollMs: 20, leaseMs: 5_000, answerMs: 5_000, firstRetryMs: 50, longestRetryMs: 200 }
const t0 = new Date('2026-03-20T01:00:00Z')
const day = (n: number) => new Date(t0.getTime() + n * 86_400_000)
const signingSecret = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'

let peer: Catcher
let smtp: Smtp
let sender: ReturnType<typeof startSender>
let projectId: string
let rule: StoredRule

beforeEach(async () => {
  peer = await startCatcher()
  smtp = smtpPeer
  smtp.letters.splice(0)
  sender = startSender(services, { times: quick })
  projectId = await createProject(postgres, { name: 'Test' })
  rule = await addRule(postgres, projectId)
})
afterEach(async () => {
  await sender.stop()
  await peer.close()
})

async function addChannel<K extends ChannelKind>(
  kind: K,
  config: object,
  secret: object,
  more: object = {},
): Promise<string> {
  const shape = channels[kind]
  const fields = { name: kind, kind, config: shape.config.parse(config), secret: shape.secret.parse(secret) }
  return createChannel(
    postgres,
    projectId,
    { route: { severities: [], workflows: [], metrics: [] }, quiet: null, ...fields, ...more },
    { instanceSecret: services.secret },
  )
}

/** Sends what is due until nothing of the project waits, and answers what became of the messages, in order. */
async function settled() {
  const waiting = async () => {
    await hurry(postgres, projectId)
    const [row] =
      await postgres.sql`select count(*)::int as n from outbox where project_id = ${projectId} and done_at is null`
    return row?.n
  }
  await expect.poll(waiting, { interval: 50 }).toBe(0)
  const rows = await postgres.sql<{ status: string; error: string | null; attempts: number; digest: string | null }[]>`
    select status, error, attempts, digest from outbox where project_id = ${projectId} order by created_at, id`
  return rows.map(row => ({ ...row }))
}

it('tells an incident once to every kind of channel, and again once when it is over', async () => {
  const slack = asSlack({ perSecond: false })
  const pagerduty = asPagerDuty()
  peer.handle(one =>
    one.path.startsWith('/pd')
      ? pagerduty.handler(one)
      : one.path.startsWith('/hook')
        ? { status: 204 }
        : slack.handler(one),
  )
  await addChannel('slack', { by: 'bot', channel: 'C0SUPPORT', api: `${peer.url}/api` }, { token: 'xoxb-right-token' })
  await addChannel('slack', {}, { url: `${peer.url}/services/T/B/x` })
  await addChannel('email', { to: 'oncall@example.com, lead@example.com' }, {})
  await addChannel('webhook', {}, { url: `${peer.url}/hook`, signingSecret })
  await addChannel('pagerduty', { api: `${peer.url}/pd` }, { routingKey })
  await lookDaily(postgres, rule, [worse, worse, worse], t0)
  await settled()
  const [incident] = await listOpenIncidents(postgres, projectId)
  expect(slack.posted.map(({ channel, edited }) => ({ channel, edited }))).toEqual(
    expect.arrayContaining([
      { channel: 'C0SUPPORT', edited: 0 },
      { channel: '/services/T/B/x', edited: 0 },
    ]),
  )
  expect(slack.posted).toHaveLength(2)
  expect([...pagerduty.alerts]).toEqual([
    [`davylamp-${projectId}-${incident?.id}`, expect.objectContaining({ state: 'triggered', triggers: 1 })],
  ])
  expect(smtp.letters).toHaveLength(1)
  const [letter] = smtp.letters
  expect(letter?.subject).toContain('Negative feedback is up 50.0 % on last week')
  expect([letter?.to].flat().map(to => to?.text)).toEqual(['oncall@example.com, lead@example.com'])
  const hook = peer.caught.find(one => one.path === '/hook')!
  const id = hook.headers['webhook-id']!
  expect(hook.headers['webhook-signature']).toBe(
    signature({ id, seconds: Number(hook.headers['webhook-timestamp']), body: hook.body }, signingSecret),
  )
  expect(JSON.parse(hook.body)).toMatchObject({
    type: 'incident.opened',
    data: { incident_id: incident?.id, severity: 'page', relative_change: 0.5 },
  })

  await lookDaily(postgres, rule, [fine, fine, fine], day(3))
  await settled()
  expect(await listOpenIncidents(postgres, projectId)).toEqual([])
  const bot = slack.posted.find(({ channel }) => channel === 'C0SUPPORT')!
  expect(bot.edited).toBe(1)
  expect(JSON.stringify(bot.message.blocks)).toContain('Recovered')
  expect(slack.posted.filter(({ channel }) => channel === 'C0SUPPORT')).toHaveLength(1)
  expect(slack.posted.filter(({ channel }) => channel !== 'C0SUPPORT')).toHaveLength(2)
  expect(smtp.letters).toHaveLength(2)
  expect(smtp.letters[1]?.messageId).not.toBe(letter?.messageId)
  expect(smtp.letters[1]?.references).toBe(letter?.references)
  expect(smtp.letters[1]?.subject).toBe(`Re: ${letter?.subject}`)
  expect([...pagerduty.alerts.values()]).toEqual([expect.objectContaining({ state: 'resolved', triggers: 1 })])
})

it('waits as Retry-After says, for all that goes there, then sends', async () => {
  let refusals = 2
  peer.handle(() => (refusals-- > 0 ? { status: 429, headers: { 'retry-after': '1' } } : { status: 200 }))
  await addChannel('webhook', {}, { url: `${peer.url}/hook`, signingSecret })
  await lookDaily(postgres, rule, [worse, worse], t0)
  await hurry(postgres, projectId)
  await expect.poll(() => peer.caught.length, { interval: 20 }).toBe(3)
  const at = peer.caught.map(one => one.at)
  expect(at[1]! - at[0]!).toBeGreaterThanOrEqual(950)
  expect(at[2]! - at[1]!).toBeGreaterThanOrEqual(950)
  expect(new Set(peer.caught.map(one => one.headers['webhook-id'])).size).toBe(1)
  expect(await settled()).toEqual([expect.objectContaining({ status: 'sent', attempts: 3 })])
})

it('tries again after errors, cut connections and redirects, with the same id', async () => {
  const answers = [
    { status: 500 },
    { status: 0, drop: true },
    { status: 302, headers: { location: 'http://169.254.169.254/' } },
    { status: 404 },
  ]
  peer.handle(() => answers.shift() ?? { status: 200 })
  await addChannel('webhook', {}, { url: `${peer.url}/hook`, signingSecret })
  await lookDaily(postgres, rule, [worse, worse], t0)
  expect(await settled()).toEqual([expect.objectContaining({ status: 'sent', attempts: 5 })])
  expect(new Set(peer.caught.map(one => one.headers['webhook-id'])).size).toBe(1)
})

it('stops at 410, says so on the channel, and sends nothing more there', async () => {
  peer.handle(() => ({ status: 410, body: 'gone for good' }))
  const id = await addChannel('webhook', {}, { url: `${peer.url}/hook`, signingSecret })
  await lookDaily(postgres, rule, [worse, worse], t0)
  expect(await settled()).toEqual([
    expect.objectContaining({ status: 'failed', attempts: 1, error: 'it answered 410: gone for good' }),
  ])
  const [channel] = await postgres.sql`select broken from alert_channels where id = ${id}`
  expect(channel?.broken).toContain('410')
  await lookDaily(postgres, await addRule(postgres, projectId), [worse, worse], t0)
  expect(peer.caught).toHaveLength(1)
})

it('gives up after a day, with the last error', async () => {
  peer.handle(() => ({ status: 503 }))
  await addChannel('webhook', {}, { url: `${peer.url}/hook`, signingSecret })
  await lookDaily(postgres, rule, [worse, worse], t0)
  await postgres.sql`update outbox set expires_at = now() + interval '1 second', due_at = now() where project_id = ${projectId}`
  expect(await settled()).toEqual([expect.objectContaining({ status: 'failed', error: 'it answered 503' })])
})

it('refuses to call a private address unless the setting allows it', async () => {
  await sender.stop()
  const strict = { ...services, config: { ...services.config, allowPrivateAddresses: false } }
  const careful = startSender(strict, { times: quick })
  await addChannel('webhook', {}, { url: `${peer.url}/hook`, signingSecret })
  await lookDaily(postgres, rule, [worse, worse], t0)
  expect(await settled()).toEqual([
    expect.objectContaining({ status: 'failed', error: expect.stringContaining('ALLOW_PRIVATE_ADDRESSES') }),
  ])
  expect(peer.caught).toEqual([])
  await careful.stop()
})

it('keeps to one Slack message a second in a channel', async () => {
  const slack = asSlack()
  peer.handle(slack.handler)
  await addChannel('slack', {}, { url: `${peer.url}/services/T/B/x` })
  for (let i = 0; i < 3; i++) await lookDaily(postgres, await addRule(postgres, projectId), [worse, worse], t0)
  await hurry(postgres, projectId)
  await expect.poll(() => slack.posted.length, { interval: 50 }).toBe(3)
  expect(peer.caught).toHaveLength(3)
})

it('sends one digest in place of a flood, and the same one again when it is not taken at first', async () => {
  smtp.refuse(1, 451, 'greylisted, try again')
  await addChannel('email', { to: ['oncall@example.com'] }, {})
  for (let i = 0; i < 6; i++)
    await lookDaily(postgres, await addRule(postgres, projectId, { name: `Rule ${i}` }), [worse, worse], t0)
  const rows = await settled()
  expect(rows.map(row => row.status)).toEqual(Array(6).fill('sent'))
  expect(new Set(rows.map(row => row.digest)).size).toBe(1)
  expect(smtp.letters).toHaveLength(1)
  expect(smtp.letters[0]?.subject).toContain('6 alerts')
  expect(smtp.letters[0]?.messageId).toContain(rows[0]?.digest)
})

it('holds warnings until the quiet hours are over, and lets pages through', async () => {
  peer.handle(() => ({ status: 200 }))
  // 01:00 UTC lies in the quiet hours; the worker's clock is the one that counts.
  await addChannel(
    'webhook',
    {},
    { url: `${peer.url}/hook`, signingSecret },
    { quiet: { from: '22:00', to: '07:00', zone: 'UTC' } },
  )
  await lookDaily(postgres, rule, [worse, worse], t0)
  await lookDaily(postgres, await addRule(postgres, projectId, { severity: 'warning' }), [worse, worse], t0)
  const rows = await postgres.sql<{ page: boolean; wait: number }[]>`
    select page, extract(epoch from due_at - created_at)::float as wait from outbox where project_id = ${projectId} order by page`
  expect(rows.map(row => row.page)).toEqual([false, true])
  expect(rows[0]?.wait).toBeCloseTo(6 * 3600 + 20, -1)
  expect(rows[1]?.wait).toBeCloseTo(20, 0)
})

it('lets a warning that becomes a page in the quiet hours go at once, and what waited before it', async () => {
  peer.handle(() => ({ status: 200 }))
  await addChannel(
    'webhook',
    {},
    { url: `${peer.url}/hook`, signingSecret },
    { quiet: { from: '22:00', to: '07:00', zone: 'UTC' } },
  )
  const unsure = changeBy(0.15, 0.03)
  await lookDaily(postgres, rule, [unsure, unsure], day(0))
  await look(postgres, rule, worse, day(2))
  const rows = await postgres.sql<{ page: boolean; wait: number }[]>`
    select page, extract(epoch from due_at - now())::float as wait from outbox
    where project_id = ${projectId} order by event`
  expect(rows.map(({ page }) => page)).toEqual([false, true])
  for (const { wait } of rows) expect(wait).toBeLessThanOrEqual(20)
})

it('tells mail servers’ refusals apart: what is refused for good is not sent again', async () => {
  await addChannel('email', { to: ['nobody@example.com'] }, {})
  await lookDaily(postgres, rule, [worse, worse], t0)
  expect(await settled()).toEqual([
    expect.objectContaining({ status: 'failed', attempts: 1, error: expect.stringContaining('no such user') }),
  ])
})

it('sends a letter again with the same Message-ID when the server took it and died before it said so', async () => {
  smtp.dropAfterTaking(1)
  await addChannel('email', { to: ['oncall@example.com'] }, {})
  await lookDaily(postgres, rule, [worse, worse], t0)
  await settled()
  expect(smtp.letters).toHaveLength(2)
  expect(smtp.letters[0]?.messageId).toBe(smtp.letters[1]?.messageId)
})

it('routes by severity, workflow and metric, and to the channels that a rule names', async () => {
  const route = (more: object) => ({ route: { severities: [], workflows: [], metrics: [], ...more } })
  await addChannel('webhook', {}, { url: `${peer.url}/pages`, signingSecret }, route({ severities: ['page'] }))
  await addChannel('webhook', {}, { url: `${peer.url}/billing`, signingSecret }, route({ workflows: ['billing'] }))
  await addChannel('webhook', {}, { url: `${peer.url}/latency`, signingSecret }, route({ metrics: ['latency'] }))
  const named = await addChannel(
    'webhook',
    {},
    { url: `${peer.url}/named`, signingSecret },
    route({ metrics: ['ttft'] }),
  )
  await lookDaily(postgres, rule, [worse, worse], t0)
  await lookDaily(
    postgres,
    await addRule(postgres, projectId, { severity: 'warning', eachWorkflow: true, metric: 'error_rate' }),
    [worse, worse],
    t0,
    'billing',
  )
  await lookDaily(
    postgres,
    await addRule(postgres, projectId, { severity: 'warning', channels: [named] }),
    [worse, worse],
    t0,
  )
  await settled()
  expect(peer.caught.map(one => one.path).sort()).toEqual(['/billing', '/named', '/pages'])
})

it('tells an acknowledgement where it changes what is there, and not in one more letter', async () => {
  const slack = asSlack({ perSecond: false })
  const pagerduty = asPagerDuty()
  peer.handle(one => (one.path.startsWith('/pd') ? pagerduty.handler(one) : slack.handler(one)))
  await addChannel('slack', { by: 'bot', channel: 'C0SUPPORT', api: `${peer.url}/api` }, { token: 'xoxb-right-token' })
  await addChannel('pagerduty', { api: `${peer.url}/pd` }, { routingKey })
  await addChannel('email', { to: ['oncall@example.com'] }, {})
  await lookDaily(postgres, rule, [worse, worse], t0)
  await settled()
  const [incident] = await listOpenIncidents(postgres, projectId)
  const [user] = await postgres.sql<
    { id: string }[]
  >`insert into users (id, name, email) values (${`u${projectId}`}, 'Ada', ${`${projectId}@example.com`}) returning id`
  const key = { projectId, id: incident!.id }
  expect(await acknowledge(postgres, key, { id: user!.id, name: 'Ada' }, day(2))).toBe(true)
  expect(await acknowledge(postgres, key, { id: user!.id, name: 'Ada' }, day(2))).toBe(false)
  await settled()
  expect(slack.posted[0]?.edited).toBe(1)
  expect(JSON.stringify(slack.posted[0]?.message)).toContain('Acknowledged by Ada')
  expect([...pagerduty.alerts.values()][0]?.state).toBe('acknowledged')
  expect(smtp.letters).toHaveLength(1)
  expect(
    (await listNotifications(postgres, incident!.id)).map(one => `${one.kind} ${one.channelKind} ${one.status}`),
  ).toEqual(expect.arrayContaining(['opened slack sent', 'acknowledged slack sent', 'acknowledged pagerduty sent']))
})

it('sends a test message through the same way, and says what was wrong with it', async () => {
  const slack = asSlack()
  peer.handle(slack.handler)
  const id = await addChannel(
    'slack',
    { by: 'bot', channel: 'C0SUPPORT', api: `${peer.url}/api` },
    { token: 'xoxb-wrong-token' },
  )
  const row = { id: `test_${id}`, projectId, lane: id, kind: 'test' as const, channelId: id }
  await postgres.orm.transaction(tx => writeMessages(tx, [row]))
  const error = async () => (await postgres.sql`select error from outbox where id = ${row.id}`)[0]?.error
  await expect.poll(error).toBe('Slack answered invalid_auth')
})

it('posts to Slack what becomes a page or comes back, and edits only what is over', async () => {
  const slack = asSlack({ perSecond: false })
  peer.handle(slack.handler)
  await addChannel('slack', { by: 'bot', channel: 'C0SUPPORT', api: `${peer.url}/api` }, { token: 'xoxb-right-token' })
  const warning = changeBy(0.3, 0.1)
  const shown = () => slack.posted.map(({ edited, message }) => ({ edited, text: message.text.split(':')[0] }))
  const course = [[warning, warning], [worse], [fine, fine, fine], [worse, worse]]
  let at = 0
  for (const looks of course) {
    await lookDaily(postgres, rule, looks, day(at))
    await settled()
    at += looks.length
  }
  expect(shown()).toEqual([
    { edited: 0, text: expect.stringMatching(/^Negative feedback is up/) },
    { edited: 1, text: 'Recovered' },
    { edited: 0, text: 'Again' },
  ])
})

it('posts to Slack what cannot be edited, since somebody removed it', async () => {
  const slack = asSlack({ perSecond: false })
  peer.handle(slack.handler)
  await addChannel('slack', { by: 'bot', channel: 'C0SUPPORT', api: `${peer.url}/api` }, { token: 'xoxb-right-token' })
  await lookDaily(postgres, rule, [worse, worse], t0)
  await settled()
  slack.posted.splice(0)
  await lookDaily(postgres, rule, [fine, fine, fine], day(2))
  await expect.poll(() => hurry(postgres, projectId).then(() => slack.posted.length), { interval: 50 }).toBe(1)
  expect(slack.posted[0]?.message.text).toMatch(/^Recovered/)
  expect((await settled()).map(({ status, attempts }) => ({ status, attempts }))).toEqual([
    { status: 'sent', attempts: 1 },
    { status: 'sent', attempts: 1 },
  ])
})

it('escalates a warning that becomes a page, once', async () => {
  await addChannel('webhook', {}, { url: `${peer.url}/hook`, signingSecret })
  const warning = changeBy(0.3, 0.1)
  await lookDaily(postgres, rule, [warning, warning], t0)
  await settled()
  await look(postgres, rule, worse, day(2))
  await look(postgres, rule, worse, day(3))
  await settled()
  const types = peer.caught.map(one => JSON.parse(one.body).type)
  expect(types).toEqual(['incident.opened', 'incident.escalated'])
})
