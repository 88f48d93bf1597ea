import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import express from 'express'
import { ofrepRouter } from '../app/ofrep/router.ts'
import { createApiKey } from '../db/api-keys.ts'
import { evaluateKey } from '../db/domain/flags/evaluate.ts'
import { holdItem, setOf, storedItem } from '../db/flag-items.ts'
import { readEffect } from '../db/flag-processes.ts'
import { saveItem } from '../db/flags.ts'
import { createProject } from '../db/projects.ts'
import type { Services } from '../db/services.ts'
import { type Loaded, load } from './http-load.ts'
import { withStores } from './stores.ts'

const flagCount = 30
const keys = Array.from({ length: flagCount }, (_, n) => `flag-${n}`)
const users = Array.from({ length: 1000 }, (_, n) => ({ targetingKey: `user-${n}`, plan: n % 3 ? 'free' : 'pro' }))

/**
 * How fast flags are evaluated in a process and over OFREP, beside a server that reads and parses the flags from the
 * database for each request; and how long an off switch takes to be in effect. 30 flags, half of them with rules.
 */
export async function bench(seconds: number) {
  await withStores(async services => {
    const projectId = await createProject(services.postgres, { name: 'Bench' })
    const { key } = await createApiKey(services.postgres, { projectId, name: 'bench' })
    let version = 0
    for (let n = 0; n < flagCount; n++) version = await save(services, projectId, `flag-${n}`, docOf(n))
    await services.flags.reach(version, 5_000)
    await inProcess(services, projectId, seconds / 6)
    await overHttp(services, projectId, key, seconds / 6)
    await timeToEffect(services, projectId)
  })
}

function docOf(n: number) {
  const rules = n % 2 ? [] : [{ when: [{ attribute: 'plan', op: 'is', values: ['pro'] }], serve: 'canary' }]
  return { kind: 'workflow', key: `flag-${n}`, salt: `salt-${n}`, state: 'canary', share: 500, rules }
}

async function save({ postgres }: Services, projectId: string, key: string, doc: object) {
  const author = { by: 'person' as const }
  const saved = await saveItem(postgres, { projectId, kind: 'flag', key, author, why: '', change: () => doc })
  if (!saved.ok) throw new Error(saved.message)
  return saved.version
}

async function inProcess(services: Services, projectId: string, seconds: number) {
  const { flags } = services
  const now = new Date()
  const set = flags.set(projectId)
  const rounds = [
    await count('database read and JSON parse each time', seconds, async n => {
      const read = await readSet(services, projectId)
      evaluateKey(keys[n % flagCount] ?? '', users[n % users.length], now, read)
      return 1
    }),
    await count('from memory', seconds, n => {
      for (let i = n; i < n + 1000; i++) evaluateKey(keys[i % flagCount] ?? '', users[i % users.length], now, set)
      return 1000
    }),
  ]
  const [base] = rounds
  console.table(
    rounds.map(({ form, rate }) => ({
      'in process': form,
      'evaluations/s': Math.round(rate),
      'against the database': base ? `${(rate / base.rate).toFixed(1)}x` : '',
      'us each': (1e6 / rate).toFixed(2),
    })),
  )
}

/** What a process without a memory of flags would do. */
async function readSet({ postgres }: Services, projectId: string) {
  const rows = await postgres.sql`
    select project_id as "projectId", kind, key, revision, version, doc from flag_items where project_id = ${projectId}`
  return setOf(
    projectId,
    rows.map(row => holdItem(storedItem.parse(row))),
  )
}

/** `work` answers how many evaluations it made, from the nth on. */
async function count(form: string, seconds: number, work: (n: number) => number | Promise<number>) {
  const began = performance.now()
  let n = 0
  while (performance.now() - began < seconds * 1000) n += await work(n)
  return { form, rate: n / ((performance.now() - began) / 1000) }
}

async function overHttp(services: Services, projectId: string, key: string, seconds: number) {
  const app = express()
  app.use('/ofrep/v1', ofrepRouter(services, { perSecond: 1_000_000 }))
  app.post('/by-database/:key', express.json(), async (req, res) => {
    await services.identity.byKey(req)
    const evaluation = evaluateKey(req.params.key, req.body.context, new Date(), await readSet(services, projectId))
    res.json(evaluation)
  })
  const server = createServer(app)
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' }
  const bodies = users.slice(0, 100).map(context => JSON.stringify({ context }))
  const at = (path: string, lanes: number) => load({ url: url + path, headers, bodies, seconds, lanes })
  const rounds: [string, Loaded][] = [
    ['one flag, database read and JSON parse each time', await at('/by-database/flag-3', 16)],
    ['one flag', await at('/ofrep/v1/evaluate/flags/flag-3', 16)],
    [`all ${flagCount} flags`, await at('/ofrep/v1/evaluate/flags', 16)],
    ['one flag, one client', await at('/ofrep/v1/evaluate/flags/flag-3', 1)],
  ]
  await new Promise(resolve => server.close(resolve))
  const rate = ({ requests, seconds: took }: Loaded) => requests / took
  const base = rounds[0]?.[1]
  const part = ({ waits }: Loaded, share: number) => (waits[Math.floor(waits.length * share)] ?? 0).toFixed(2)
  console.table(
    rounds.map(([form, loaded]) => ({
      'over HTTP, 16 clients': form,
      'requests/s': Math.round(rate(loaded)),
      'against the database': base ? `${(rate(loaded) / rate(base)).toFixed(1)}x` : '',
      'p50 ms': part(loaded, 0.5),
      'p99 ms': part(loaded, 0.99),
      'not 200': Object.entries(loaded.statuses)
        .filter(([status]) => status !== '200')
        .reduce((sum, [, seen]) => sum + seen, 0),
    })),
  )
}

/** From the change being made to its being in effect in the process, by the database's clock; polling would be 2,500 ms. */
async function timeToEffect(services: Services, projectId: string) {
  const times: number[] = []
  for (let n = 0; n < 100; n++) {
    const version = await save(services, projectId, 'flag-0', { ...docOf(0), state: n % 2 ? 'canary' : 'off' })
    while (times.length <= n) {
      const { slowestMs } = await readEffect(services.postgres, version)
      if (slowestMs !== undefined) times.push(slowestMs)
    }
  }
  times.sort((a, b) => a - b)
  const part = (share: number) => (times[Math.floor(times.length * share)] ?? 0).toFixed(1)
  const pollMs = 5_000
  console.table([
    {
      'an off switch in effect after': 'told by the database',
      'p50 ms': part(0.5),
      'p95 ms': part(0.95),
      'most ms': part(0.999),
    },
    {
      'an off switch in effect after': 'a poll every 5 s alone, as reckoned',
      'p50 ms': pollMs / 2,
      'p95 ms': pollMs * 0.95,
      'most ms': pollMs,
    },
  ])
}
