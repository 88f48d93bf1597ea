import { type ChildProcess, spawn } from 'node:child_process'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, expect, it } from 'vitest'
import { createChannel } from '../../db/alert-channels.ts'
import { type ChannelKind, channels } from '../../db/domain/channels.ts'
import { listEvents } from '../../db/incidents.ts'
import { createProject } from '../../db/projects.ts'
import { seeded } from '../ingest/otlp-factory.ts'
import { startCatcher } from '../peers/catcher.ts'
import { asPagerDuty, routingKey } from '../peers/pagerduty.ts'
import { asSlack } from '../peers/slack.ts'
import { startSmtp } from '../peers/smtp.ts'
import { freshDatabase, testServices } from '../setup/context.ts'
import { cleanEnv } from '../setup/product.ts'
import { startProxy } from '../setup/proxy.ts'
import { addRule } from './looks.ts'

const seeds = Array.from({ length: 50 }, (_, seed) => seed)
const secret = 'chaos'.repeat(8)

/** One fault a seed: a kill of both workers at a point of the protocol or at any moment, or the database going away. */
type Fault =
  | { kind: 'kill on arrival' | 'kill after the answer'; request: number }
  | { kind: 'kill at a moment'; ms: number }
  | { kind: 'database cut'; ms: number; bytes: number }
  | { kind: 'database away'; ms: number; forMs: number }
  | { kind: 'receiver drops'; request: number }

function faultOf(seed: number): Fault {
  const random = seeded(seed + 1)
  const pick = Math.floor(random() * 6)
  const request = 1 + Math.floor(random() * 6)
  const ms = Math.floor(random() * 900)
  const kinds: Fault[] = [
    { kind: 'kill on arrival', request },
    { kind: 'kill after the answer', request },
    { kind: 'kill at a moment', ms },
    { kind: 'database cut', ms, bytes: Math.floor(random() * 4_000) },
    { kind: 'database away', ms, forMs: 200 + Math.floor(random() * 500) },
    { kind: 'receiver drops', request },
  ]
  return kinds[pick]!
}

const closing: (() => unknown)[] = []
afterAll(async () => {
  for (const close of closing.reverse()) await close()
})

it('tells every transition at least once and no message more than twice, over 50 seeds of kills and outages', async () => {
  const stage = await openStage()
  const told: string[] = []
  let copies = 0
  for (const seed of seeds) {
    const { faults, again } = await strike(seed, stage)
    told.push(...faults.map(fault => `seed ${seed} (${JSON.stringify(faultOf(seed))}): ${fault}`))
    copies += again
  }
  expect(told).toEqual([])
  // Kills between sending and writing it down do happen in these seeds, else they would show nothing.
  expect(copies).toBeGreaterThan(0)
}, 540_000)

type Stage = Awaited<ReturnType<typeof openStage>>

/** Receivers of all kinds, a database behind a proxy, and two workers that can be killed and started again. */
async function openStage() {
  const url = await freshDatabase()
  const { postgres } = await testServices({ DATABASE_URL: url })
  const [peer, smtp, proxy] = await Promise.all([startCatcher(), startSmtp(), startProxy(url)])
  const settings = {
    DATABASE_URL: proxy.url,
    SMTP_URL: smtp.url,
    ALLOW_PRIVATE_ADDRESSES: 'true',
    CHAOS_SECRET: secret,
  }
  const workers: ChildProcess[] = []
  let job = ''
  const start = () => {
    for (let i = 0; i < 2; i++) {
      const script = join(import.meta.dirname, 'chaos-worker.ts')
      const worker = spawn(process.execPath, [script], { env: cleanEnv(settings), stdio: ['pipe', 'ignore', 'ignore'] })
      worker.stdin?.on('error', () => {})
      worker.stdin?.write(job)
      workers.push(worker)
    }
  }
  const kill = () => {
    for (const worker of workers.splice(0)) worker.kill('SIGKILL')
  }
  start()
  closing.push(proxy.close, smtp.close, peer.close, kill)
  return {
    ...{ postgres, peer, smtp, proxy },
    /** Hands both workers the rule to look at, now and after each restart. */
    give(projectId: string, ruleId: string) {
      job = `${projectId} ${ruleId}\n`
      for (const worker of workers) worker.stdin?.write(job)
    },
    restart() {
      kill()
      start()
    },
  }
}

async function strike(seed: number, { postgres, peer, smtp, proxy, give, restart }: Stage) {
  const fault = faultOf(seed)
  const projectId = await createProject(postgres, { name: `Seed ${seed}` })
  const rule = await addRule(postgres, projectId)
  const slack = asSlack({ perSecond: false })
  const pagerduty = asPagerDuty()
  peer.caught.splice(0)
  smtp.letters.splice(0)
  let requests = 0
  peer.handle(async one => {
    requests += 1
    const struck = 'request' in fault && fault.request === requests
    if (struck && fault.kind === 'kill on arrival') restart()
    if (struck && fault.kind === 'kill after the answer') setTimeout(restart, 1)
    const answer = one.path.startsWith('/pd')
      ? pagerduty.handler(one)
      : one.path.startsWith('/hook')
        ? { status: 200 }
        : slack.handler(one)
    return struck && fault.kind === 'receiver drops' ? { status: 0, drop: true } : answer
  })
  const add = <K extends ChannelKind>(kind: K, config: object, given: object) => {
    const fields = {
      name: kind,
      kind,
      config: channels[kind].config.parse(config),
      secret: channels[kind].secret.parse(given),
    }
    const open = { route: { severities: [], workflows: [], metrics: [] }, quiet: null }
    return createChannel(postgres, projectId, { ...fields, ...open }, { instanceSecret: secret })
  }
  await add('webhook', {}, { url: `${peer.url}/hook`, signingSecret: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw' })
  await add('slack', {}, { url: `${peer.url}/services/T/B/x` })
  await add('pagerduty', { api: `${peer.url}/pd` }, { routingKey })
  await add('email', { to: ['oncall@example.com'] }, {})

  give(projectId, rule.id)
  if ('ms' in fault) {
    await delay(fault.ms)
    if (fault.kind === 'kill at a moment') restart()
    if (fault.kind === 'database cut') {
      proxy.change({ cut: fault.bytes })
      await delay(150)
    }
    if (fault.kind === 'database away') {
      proxy.change('refuse')
      await delay(fault.forMs)
    }
    proxy.change('fair')
  }
  await untilSettled(postgres, projectId, `seed ${seed} (${JSON.stringify(fault)})`)

  const arrived = new Map<string, number>()
  const count = (id: string | undefined) => arrived.set(id ?? '', (arrived.get(id ?? '') ?? 0) + 1)
  for (const one of peer.caught) count(one.headers['idempotency-key'])
  for (const letter of smtp.letters) count(letter.messageId?.replace(/^<|@.*$/g, ''))
  const rows = await postgres.sql<{ id: string; status: string }[]>`
    select id, status from outbox where project_id = ${projectId}`
  const again = [...arrived.values()].reduce((sum, times) => sum + times - 1, 0)
  const faults: string[] = []
  for (const { id, status } of rows) {
    const times = arrived.get(id) ?? 0
    if (status !== 'sent') faults.push(`${id} is ${status}`)
    if (times < 1 || times > 2) faults.push(`${id} arrived ${times} times`)
    arrived.delete(id)
  }
  for (const id of arrived.keys()) faults.push(`${id} was sent without being written down`)
  const incidents = await postgres.sql<{ id: number; ended: boolean }[]>`
    select id::int, ended_at is not null as ended from incidents where project_id = ${projectId}`
  if (incidents.length !== 1 || !incidents[0]?.ended) faults.push(`there are ${incidents.length} incidents`)
  const events = (await listEvents(postgres, incidents[0]?.id ?? 0)).map(({ kind }) => kind).join(' ')
  if (events !== 'opened recovering resolved') faults.push(`the history is ${events}`)
  const opened = peer.caught.findIndex(one => one.body.includes('incident.opened'))
  const resolved = peer.caught.findIndex(one => one.body.includes('incident.resolved'))
  if (opened < 0 || resolved < opened) faults.push('it was over before it began')
  return { faults, again }
}

/** Until two messages to each of the four channels are written and none waits. */
async function untilSettled(postgres: Stage['postgres'], projectId: string, what: string) {
  for (let tries = 0; tries < 2_000; tries++) {
    const rows = await postgres.sql`select id, attempts, error, done_at from outbox where project_id = ${projectId}`
    const left = rows.filter(row => row.done_at === null)
    if (rows.length === 8 && left.length === 0) return
    if (tries === 1_999) throw new Error(`${what} left ${JSON.stringify(left)} of ${rows.length}`)
    await delay(50)
  }
}
