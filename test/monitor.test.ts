import { afterAll, expect, inject, it } from 'vitest'
import { startAlerts } from '../alerts/worker.ts'
import { createApiKey } from '../db/api-keys.ts'
import { startHealth } from '../db/health.ts'
import { openRuns } from '../db/monitored.ts'
import { writeMessages } from '../db/outbox.ts'
import { createProject } from '../db/projects.ts'
import { createRun } from '../db/runs.ts'
import { startIngest } from '../ingest/server.ts'
import { addRule, look, worse } from './alerts/looks.ts'
import { hex, jsonRequest, jsonSpan } from './ingest/otlp-factory.ts'
import { freshDatabase, testServices, testStores } from './setup/context.ts'
import { temporaryDir } from './setup/product.ts'
import { startProxy } from './setup/proxy.ts'

testStores()
const folder = temporaryDir()
const proxy = await startProxy(inject('clickhouseUrl'))
const services = await testServices({
  CLICKHOUSE_URL: proxy.url,
  DATABASE_URL: await freshDatabase(),
  DATA_DIR: folder.path,
  HEALTH_PORT: '0',
})
const { postgres } = services
const ingest = await startIngest(services)
const health = await startHealth(services, 0)
afterAll(async () => {
  proxy.change('fair')
  await ingest.stop()
  await health.stop()
  await proxy.close()
  folder.remove()
})
const [otlp = ''] = ingest.urls
const metricsUrl = health.urls[0]!.replace(/healthz$/, 'metrics')
const projectId = await createProject(postgres, { name: 'Watched' })
const { key } = await createApiKey(postgres, { projectId, name: 'test' })

/** Every sample by its name and labels, as it is written. */
async function scrape(): Promise<Map<string, number>> {
  const answer = await fetch(metricsUrl)
  expect(answer.status).toBe(200)
  expect(answer.headers.get('content-type')).toMatch(/^text\/plain; version=0\.0\.4/)
  const lines = (await answer.text()).split('\n').filter(line => line !== '' && !line.startsWith('#'))
  return new Map(
    lines.map(line => {
      const [, sample = '', value] = /^(\w+(?:\{.*\})?) (\S+)$/.exec(line) ?? expect.fail(`no sample: ${line}`)
      return [sample, Number(value)]
    }),
  )
}

const records = (item: string, outcome: string, reason = '') =>
  `davylamp_records_total{item="${item}",outcome="${outcome}",reason="${reason}"}`

const post = (path: string, body: string, type = 'application/json') =>
  fetch(`${otlp}${path}`, { method: 'POST', body, headers: { authorization: `Bearer ${key}`, 'content-type': type } })

it('tells what arrived, what became of it, and why it was rejected', async () => {
  const before = await scrape()
  const good = JSON.stringify(jsonRequest([jsonSpan({ traceId: hex(16) }), jsonSpan({ traceId: '0'.repeat(32) })]))
  expect((await post('/v1/traces', good)).status).toBe(200)
  expect((await post('/v1/traces', good)).status).toBe(200)
  expect((await post('/v1/traces', '{"resourceSpans":')).status).toBe(400)
  const signal = { trace_id: hex(16), kind: 'thumbs', value: 1 }
  expect((await post('/v1/signals', JSON.stringify(signal))).ok).toBe(true)
  const after = await scrape()
  const grew = (sample: string) => (after.get(sample) ?? 0) - (before.get(sample) ?? 0)
  expect(grew(records('spans', 'received'))).toBe(4)
  expect(grew(records('spans', 'stored'))).toBe(1)
  expect(grew(records('spans', 'duplicate'))).toBe(1)
  expect(grew(records('spans', 'rejected', 'trace id is all zeros'))).toBe(2)
  expect(grew(records('requests', 'rejected', 'undecodable request'))).toBe(1)
  expect(grew(records('signals', 'stored'))).toBe(1)
  expect(grew('davylamp_received_bytes_total{item="spans"}')).toBe(2 * good.length)
  expect(after.get('davylamp_store_up{store="clickhouse"}')).toBe(1)
  expect(after.get('process_resident_memory_bytes')).toBeGreaterThan(1 << 20)
})

it('tells that ClickHouse is away, and how much waits for it on disk', async () => {
  expect((await scrape()).get('davylamp_spool_bytes')).toBe(0)
  expect((await scrape()).get('davylamp_journal_bytes')).toBe(0)
  proxy.change('refuse')
  expect((await post('/v1/traces', JSON.stringify(jsonRequest([jsonSpan({ traceId: hex(16) })])))).status).toBe(200)
  const away = await scrape()
  expect(away.get('davylamp_store_up{store="clickhouse"}')).toBe(0)
  expect(away.get('davylamp_store_up{store="postgres"}')).toBe(1)
  expect(away.get('davylamp_spool_bytes')).toBeGreaterThan(100)
  expect(away.get(records('spans', 'spooled'))).toBe(1)
  proxy.change('fair')
  await expect.poll(async () => (await scrape()).get('davylamp_spool_bytes')).toBe(0)
})

it('tells of rounds over the rules, of open incidents, and of messages that do not get through', async () => {
  const alerts = await startAlerts(services)
  try {
    const round = async () => (await scrape()).get('davylamp_alerts_round_timestamp_seconds') ?? 0
    await expect.poll(round).toBeGreaterThan(Date.now() / 1000 - 60)
    expect((await scrape()).get('davylamp_incidents_open{severity="page"}')).toBe(0)
    const rule = await addRule(postgres, projectId)
    const at = Date.now()
    for (const day of [2, 1, 0]) await look(postgres, rule, worse, new Date(at - day * 86_400_000))
    const open = await scrape()
    const severities = ['page', 'warning'].map(severity => open.get(`davylamp_incidents_open{severity="${severity}"}`))
    expect(severities.toSorted()).toEqual([0, 1])
    expect(open.get('davylamp_messages_waiting')).toBe(0)
  } finally {
    await alerts.stop()
  }
  // Nobody sends now.
  const row = { id: 'test_1', projectId, lane: 'a-channel', kind: 'test' as const }
  await postgres.orm.transaction(tx => writeMessages(tx, [row]))
  // It was tried since, and is not due again yet; another may not go yet.
  await postgres.sql`
    update outbox set due_at = now() + interval '1 hour', expires_at = expires_at - interval '90 seconds' where id = 'test_1'`
  const later = { ...row, id: 'test_2', waitMs: 3_600_000 }
  await postgres.orm.transaction(tx => writeMessages(tx, [later]))
  const waiting = await scrape()
  expect(waiting.get('davylamp_messages_waiting')).toBe(1)
  expect(waiting.get('davylamp_messages_oldest_seconds')).toBeGreaterThanOrEqual(90)
  expect(waiting.get('davylamp_messages_oldest_seconds')).toBeLessThan(600)
})

it('tells of runs that have not ended, and of no others', async () => {
  const open = async () => Object.fromEntries((await openRuns(postgres)).map(([{ status }, n]) => [status, n]))
  expect(await open()).toEqual({ queued: 0, running: 0, interrupted: 0 })
  const limits = { maxQueuedRuns: 100, maxRunsPerUser: 100 }
  for (const id of ['run_1', 'run_2', 'run_3']) {
    const of = {
      id,
      projectId,
      traceId: hex(16),
      rootSpanId: hex(8),
      workflow: 'greet',
      workflowVersion: '1',
      input: {},
    }
    expect(await createRun(postgres, of, limits)).toMatchObject({ existed: false })
  }
  await postgres.sql`update runs set status = 'done', ended_at = now() where id = 'run_2'`
  await postgres.sql`update runs set status = 'interrupted' where id = 'run_3'`
  expect(await open()).toEqual({ queued: 1, running: 0, interrupted: 1 })
})

it('is told where a monitor looks, and not on ports that the world can reach', async () => {
  expect((await fetch(`${otlp}/metrics`)).status).toBe(404)
  expect((await fetch(metricsUrl.replace(/metrics$/, ''))).status).toBe(404)
})
