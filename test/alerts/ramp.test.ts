import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { startSender } from '../../alerts/notify.ts'
import { lookAtRamps } from '../../alerts/ramp.ts'
import { openJudge } from '../../alerts/ramp-judge.ts'
import { createChannel } from '../../db/alert-channels.ts'
import { type ChannelKind, channels } from '../../db/domain/channels.ts'
import type { RampNumbers } from '../../db/domain/ramp-told.ts'
import { dayMs, hourMs } from '../../db/domain/time.ts'
import { listChanges } from '../../db/flag-history.ts'
import { readRampCheck } from '../../db/ramp-checks.ts'
import { changeFlag, switchAi } from '../flags/factory.ts'
import { type Catcher, startCatcher } from '../peers/catcher.ts'
import { freshDatabase, testServices } from '../setup/context.ts'
import { cleanEnv } from '../setup/product.ts'
import { startProxy } from '../setup/proxy.ts'
import { key, openRamp, type RampTest } from './ramps.ts'

const databaseUrl = await freshDatabase()
const services = await testServices({ DATABASE_URL: databaseUrl, ALLOW_PRIVATE_ADDRESSES: 'true' })
const { postgres, config } = services
const judge = openJudge(services)
const quick = { pollMs: 20, leaseMs: 5_000, answerMs: 5_000, firstRetryMs: 50, longestRetryMs: 200 }

let peer: Catcher
let sender: ReturnType<typeof startSender>
beforeEach(async () => {
  peer = await startCatcher()
  sender = startSender(services, { times: quick })
})
afterEach(async () => {
  await sender.stop()
  await peer.close()
  // Each test has its own ramp: those of the tests before stand still.
  await postgres.sql`update flag_items set doc = null`
})

async function addChannel(ramp: RampTest, kind: ChannelKind = 'webhook', route: object = {}) {
  const signingSecret = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'
  const given = {
    webhook: { config: {}, secret: { url: `${peer.url}/hook`, signingSecret } },
    pagerduty: { config: { api: `${peer.url}/pd` }, secret: { routingKey: 'a'.repeat(32) } },
    slack: { config: {}, secret: { url: `${peer.url}/slack` } },
    email: { config: { to: 'oncall@example.com' }, secret: {} },
  }[kind]
  const fields = {
    name: kind,
    kind,
    config: channels[kind].config.parse(given.config),
    secret: channels[kind].secret.parse(given.secret),
    route: { severities: [], workflows: [], metrics: [], ...route },
    quiet: null,
  }
  return createChannel(postgres, ramp.projectId, fields, { instanceSecret: services.secret })
}

const changesOf = ({ projectId }: RampTest) => listChanges(postgres, { projectId, key })
const checkOf = ({ projectId }: RampTest) => readRampCheck(postgres, { projectId, key })
const numbersOf = (of: { numbers: unknown } | undefined) => of!.numbers as RampNumbers
const messagesOf = async ({ projectId }: RampTest) => {
  const rows = await postgres.sql<{ id: string; status: string; message: { did: string } }[]>`
    select id, status, message from outbox where project_id = ${projectId} order by created_at`
  return [...rows]
}
const sentAll = (ramp: RampTest) =>
  expect.poll(async () => (await messagesOf(ramp)).filter(({ status }) => status !== 'sent').length).toBe(0)

/** A day of users who meet the same in both arms, or in the canary what is given. */
const dayOf = (ramp: RampTest, day: number, more: object = {}) => ({
  users: [day * 5000, (day + 1) * 5000] as [number, number],
  from: ramp.after(day * 24 + 1),
  to: ramp.after(day * 24 + 23),
  ...more,
})

describe('a ramp', () => {
  it('goes through its stages to everyone, each when it was long enough and seen to be safe, and tells each once', async () => {
    const ramp = await openRamp(services)
    await addChannel(ramp)
    await addChannel(ramp, 'pagerduty')
    await ramp.send(dayOf(ramp, 0))
    expect(await ramp.look(ramp.after(23))).toMatchObject({ share: 4500, ramp: { at: 0, state: 'running' } })
    expect(await checkOf(ramp)).toMatchObject({
      verdict: 'hold',
      reason: expect.stringContaining('the stage may end in'),
    })
    expect(await ramp.look(ramp.after(25))).toMatchObject({ share: 5000, ramp: { at: 1, state: 'running' } })
    expect(await ramp.look(ramp.after(25))).toMatchObject({ share: 5000, ramp: { at: 1 } })
    await ramp.send(dayOf(ramp, 2))
    expect(await ramp.look(ramp.after(50))).toMatchObject({ share: 10_000, ramp: { at: 2, state: 'running' } })
    expect(await ramp.look(ramp.after(60))).toMatchObject({ ramp: { state: 'running' } })
    expect(await checkOf(ramp)).toMatchObject({
      verdict: 'hold',
      reason: expect.stringContaining('it serves everyone'),
    })
    expect(await ramp.look(ramp.after(75))).toMatchObject({ state: 'canary', share: 10_000, ramp: { state: 'done' } })
    const [finished, , first] = await changesOf(ramp)
    expect(finished).toMatchObject({ madeBy: 'ramp', why: expect.stringMatching(/^all 5 guardrails are safe after/) })
    expect(first?.numbers).toMatchObject({
      share: 4500,
      users: { canary: expect.any(Number), control: expect.any(Number) },
      guardrails: expect.arrayContaining([expect.objectContaining({ id: 'error_rate', canary: 0, control: 0 })]),
      split: { state: 'sound' },
    })
    await sentAll(ramp)
    expect(peer.caught.map(({ path }) => path)).toEqual(['/hook', '/hook', '/hook'])
    const told = peer.caught.map(({ body }) => JSON.parse(body))
    expect(told.map(({ type }) => type)).toEqual(['ramp.promoted', 'ramp.promoted', 'ramp.finished'])
    expect(told[0].data).toMatchObject({
      title: 'support went on from 45 % to 50 %',
      share_before: 0.45,
      share: 0.5,
      reason: expect.stringMatching(/^all 5 guardrails are safe/),
      url: expect.stringMatching(/\/flags\/support$/),
    })
    expect(new Set(peer.caught.map(({ headers }) => headers['webhook-id'])).size).toBe(3)
  })

  it('rolls a harmful canary back to the control at once, with the numbers, and tells that once to every channel', async () => {
    const ramp = await openRamp(services)
    await addChannel(ramp)
    await addChannel(ramp, 'pagerduty')
    await addChannel(ramp, 'slack')
    await addChannel(ramp, 'webhook', { workflows: ['another'] })
    await addChannel(ramp, 'webhook', { metrics: ['latency'] })
    await ramp.send(dayOf(ramp, 0, { users: [0, 1200], canary: { errors: 0.2 }, control: { errors: 0.04 } }))
    const flag = await ramp.look(ramp.after(2 + 22))
    expect(flag).toMatchObject({ state: 'control', ramp: { state: 'rolled back' } })
    expect(flag.ramp?.because).toMatch(/errors are surely worse than the control's \(\d+\.\d % → \d+\.\d %/)
    const [change] = await changesOf(ramp)
    expect(change).toMatchObject({ madeBy: 'ramp', why: flag.ramp?.because })
    const { guardrails } = numbersOf(change)
    const errors = guardrails.find(({ id }) => id === 'error_rate')
    expect(errors?.canary).toBeGreaterThan(0.15)
    expect(errors?.low).toBeGreaterThan(0)
    // Nothing more is decided.
    await ramp.look(ramp.after(30))
    expect(await changesOf(ramp)).toHaveLength(2)
    await sentAll(ramp)
    expect(peer.caught.map(({ path }) => path).sort()).toEqual(['/hook', '/pd', '/slack'])
    const bodies = Object.fromEntries(peer.caught.map(({ path, body }) => [path, JSON.parse(body)]))
    expect(bodies['/hook']).toMatchObject({ type: 'ramp.rolled_back', data: { share: 0, reason: flag.ramp?.because } })
    expect(bodies['/pd'].payload.summary).toBe('support was rolled back from 45 % to the control')
    expect(JSON.stringify(bodies['/slack'])).toContain('surely worse')
    expect(JSON.stringify(bodies['/slack'])).toMatch(/Errors: \d+\.\d % → \d+\.\d %/)
  })

  it('on a blown fuse goes back within the first users, and while it serves everyone too', async () => {
    const ramp = await openRamp(services)
    await ramp.send(dayOf(ramp, 0, { users: [0, 60], canary: { errors: 0.8 } }))
    expect(await ramp.look(ramp.after(24))).toMatchObject({ state: 'control', ramp: { state: 'rolled back' } })
    expect((await checkOf(ramp))?.reason).toContain('the fuse blew')

    const late = await openRamp(services)
    await late.send(dayOf(late, 0))
    await late.look(late.after(25))
    await late.look(late.after(50))
    expect(await late.flag()).toMatchObject({ share: 10_000 })
    await late.send(dayOf(late, 3, { users: [9000, 9050], canary: { errors: 0.8 } }))
    const flag = await late.look(late.after(24 * 3 + 23.5))
    expect(flag).toMatchObject({ state: 'control', ramp: { state: 'rolled back' } })
    expect(flag.ramp?.because).toMatch(/^the fuse blew while the canary served everyone: Errors \d+/)
  })
})

describe('a ramp holds', () => {
  const held = async (ramp: RampTest, now = ramp.after(26)) => {
    const before = await ramp.item()
    await ramp.look(now, judge)
    expect((await ramp.item()).revision).toBe(before.revision)
    expect(await messagesOf(ramp)).toEqual([])
    const check = await checkOf(ramp)
    expect(check?.verdict).toBe('hold')
    return check?.reason
  }

  it.each([
    [
      'on small traffic',
      { users: [0, 150] },
      /need about [\d,]+ more users, (\d+ days|years) at this traffic|more users than can be foretold|no data/,
    ],
    ['without control traffic', { lost: { variant: 'control', part: 1 } }, /nobody has been in the control/],
    ['when the split is not sound', { lost: { variant: 'canary', part: 0.3 } }, /the split is not sound/],
    [
      'in an outage of both arms',
      { users: [0, 800], canary: { errors: 0.7 }, control: { errors: 0.7 } },
      /both arms are failing alike/,
    ],
    [
      'with the feedback widget off',
      { canary: { answers: false }, control: { answers: false } },
      /negative feedback has no data/,
    ],
    ['with the feedback widget off in the canary', { canary: { answers: false } }, /feedback is not comparable/],
    [
      'while no model has served the canary',
      { canary: { deterministic: 1 } },
      /^no model has served the canary: the deterministic path answered all of its [\d,]+ traces$/,
    ],
    ['before anybody came', { users: [0, 0] }, /nobody has been in the canary yet/],
  ])('%s', async (_, more, reason) => {
    const ramp = await openRamp(services)
    await ramp.send(dayOf(ramp, 0, more))
    expect(await held(ramp)).toMatch(reason)
  })

  it('and never takes what the deterministic path served for the canary’s', async () => {
    const ramp = await openRamp(services)
    await ramp.send(dayOf(ramp, 0, { canary: { deterministic: 0.5 } }))
    await ramp.look(ramp.after(26))
    expect(await ramp.flag()).toMatchObject({ state: 'canary', share: 4500, ramp: { state: 'running' } })
    const { users, guardrails } = numbersOf(await checkOf(ramp))
    expect(users.canary).toBeGreaterThan(2000)
    expect(guardrails.find(({ id }) => id === 'error_rate')).toMatchObject({ canary: 0, control: 0 })
  })

  it('while AI is off, and when the flag has expired', async () => {
    const ramp = await openRamp(services)
    await ramp.send(dayOf(ramp, 0))
    const { version } = await switchAi({ postgres, projectId: ramp.projectId }, { off: true })
    await services.flags.reach(version, 10_000)
    expect(await held(ramp)).toBe('AI is switched off for this project')
    const expired = await openRamp(services, { expiresAt: new Date(Date.now() - 9 * dayMs).toISOString() })
    expect(await held(expired, new Date())).toBe('the flag has expired')
  })

  it('and says why when ClickHouse does not answer, and goes on when it does', async () => {
    const ramp = await openRamp(services)
    await ramp.send(dayOf(ramp, 0))
    const proxy = await startProxy(config.clickhouseUrl!)
    const away = await testServices({ DATABASE_URL: databaseUrl, CLICKHOUSE_URL: proxy.url })
    proxy.change('refuse')
    expect(await ramp.look(ramp.after(25), openJudge(away))).toMatchObject({ share: 4500 })
    expect(await checkOf(ramp)).toMatchObject({
      verdict: 'hold',
      reason: expect.stringMatching(/^the arms cannot be compared now: /),
    })
    proxy.change('fair')
    expect(await ramp.look(ramp.after(25), openJudge(away))).toMatchObject({ share: 5000 })
    await proxy.close()
  })
})

describe('a person can take over at any time', () => {
  it.each([
    ['another share', { share: 1000 }],
    ['the control', { state: 'control' }],
    ['AI off', { state: 'off' }],
    ['another arm', { canary: { version: '3' } }],
  ])('%s by hand pauses the ramp, and the worker leaves it alone', async (_, fields) => {
    const ramp = await openRamp(services)
    await ramp.send(dayOf(ramp, 0))
    await changeFlag({ postgres, projectId: ramp.projectId }, key, fields)
    expect(await ramp.look(ramp.after(25))).toMatchObject({ ...fields, ramp: { state: 'paused', at: 0 } })
    expect(await messagesOf(ramp)).toEqual([])
  })

  it('and what they change while the ramp is being judged wins', async () => {
    const ramp = await openRamp(services)
    await addChannel(ramp)
    await ramp.send(dayOf(ramp, 0))
    const interrupted: typeof judge = async question => {
      const verdict = await judge(question)
      await changeFlag({ postgres, projectId: ramp.projectId }, key, { share: 4000 })
      return verdict
    }
    expect(await ramp.look(ramp.after(25), interrupted)).toMatchObject({ share: 4000, ramp: { state: 'paused' } })
    expect(await changesOf(ramp)).toHaveLength(2)
    expect(await messagesOf(ramp)).toEqual([])
  })
})

describe('a ramp takes a step once', () => {
  it('when many workers look at the same moment', async () => {
    const ramp = await openRamp(services)
    await addChannel(ramp)
    await ramp.send(dayOf(ramp, 0))
    const others = await Promise.all([1, 2].map(() => testServices({ DATABASE_URL: databaseUrl })))
    const now = ramp.after(25)
    await Promise.all(
      [services, ...others].flatMap(each => [1, 2, 3].map(() => lookAtRamps(each, now, { judge: openJudge(each) }))),
    )
    expect(await ramp.flag()).toMatchObject({ share: 5000, ramp: { at: 1 } })
    expect(await changesOf(ramp)).toHaveLength(2)
    await sentAll(ramp)
    expect(peer.caught).toHaveLength(1)
  })

  it('when a worker is killed between the check and the revision: another takes it, and tells it once', async () => {
    const ramp = await openRamp(services)
    await addChannel(ramp)
    await ramp.send(dayOf(ramp, 0))
    const now = ramp.after(25)
    const worker = spawn(process.execPath, [join(import.meta.dirname, 'ramp-worker.ts')], {
      env: cleanEnv({ DATABASE_URL: databaseUrl, CLICKHOUSE_URL: config.clickhouseUrl!, RAMP_NOW: now.toISOString() }),
      stdio: 'inherit',
    })
    const ended = new Promise(resolve => worker.once('close', resolve))
    try {
      // While somebody else is changing a flag, the worker has written its check and waits for its turn.
      await postgres.sql.begin(async tx => {
        await tx`select pg_advisory_xact_lock(7052203)`
        await expect.poll(async () => (await checkOf(ramp))?.verdict).toBe('promote')
        worker.kill('SIGKILL')
        await ended
      })
    } finally {
      worker.kill('SIGKILL')
    }
    expect(await ramp.flag()).toMatchObject({ share: 4500 })
    expect(await messagesOf(ramp)).toEqual([])
    await expect.poll(() => ramp.look(now), { interval: 200 }).toMatchObject({ share: 5000 })
    expect(await changesOf(ramp)).toHaveLength(2)
    await sentAll(ramp)
    expect(peer.caught).toHaveLength(1)
  })

  it('and a message that the receiver did not confirm comes again under the same id', async () => {
    const ramp = await openRamp(services)
    await addChannel(ramp)
    let drops = 1
    peer.handle(() => (drops-- > 0 ? { status: 0, drop: true } : { status: 200 }))
    await ramp.send(dayOf(ramp, 0, { users: [0, 60], canary: { errors: 0.8 } }))
    await ramp.look(ramp.after(24))
    await sentAll(ramp)
    expect(peer.caught).toHaveLength(2)
    expect(new Set(peer.caught.map(({ headers }) => headers['webhook-id'])).size).toBe(1)
  })
})

it('a flag that is removed, or no ramp that runs, is nothing to look at', async () => {
  const ramp = await openRamp(services, { ramp: undefined })
  await ramp.look(new Date(ramp.began.getTime() + 30 * hourMs))
  expect(await checkOf(ramp)).toBeUndefined()
})
