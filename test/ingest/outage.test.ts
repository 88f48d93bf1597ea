import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, expect, inject, it } from 'vitest'
import { z } from 'zod'
import { createLogger } from '../../db/log.ts'
import { reconcileTraces } from '../../db/reconcile.ts'
import { openServices } from '../../db/services.ts'
import { startIngest } from '../../ingest/server.ts'
import { mintProject, testConfig, testStores } from '../setup/context.ts'
import { startProduct, temporaryDir } from '../setup/product.ts'
import { startProxy, type Weather } from '../setup/proxy.ts'
import { hex, jsonRequest, jsonSpan } from './otlp-factory.ts'

const { clickhouse } = testStores()
const folder = temporaryDir()
const proxy = await startProxy(inject('clickhouseUrl'))
const config = testConfig({ CLICKHOUSE_URL: proxy.url, DATA_DIR: folder.path })
const services = await openServices(config, createLogger('error'))
const running = await startIngest(services)
afterAll(async () => {
  await running.stop()
  await services.close()
  await proxy.close()
  folder.remove()
})
const [url = ''] = running.urls

const health = z.object({ ok: z.boolean(), spooled: z.object({ bytes: z.number() }) })
const askHealth = async () => {
  const answer = await fetch(`${url}/healthz`)
  return { status: answer.status, ...health.parse(await answer.json()) }
}

const counts = z.object({ rows: z.coerce.number(), spans: z.coerce.number() })

/** The rows of `spans`, and what `traces` adds up to, for a project. */
async function stored(projectId: string) {
  const sql = `
    select (select count() from spans where project_id = {projectId:String}) as rows,
      (select sum(span_count) from traces where project_id = {projectId:String}) as spans`
  return (await clickhouse.query({ sql, params: { projectId }, row: counts }))[0]
}

/** Sends every 30 ms while `until` runs; a request that fails is sent again, as OpenTelemetry's exporters do. */
async function sendDuring(apiKey: string, until: () => Promise<void>) {
  const sending: Promise<void>[] = []
  let acknowledged = 0
  let over = false
  const send = async () => {
    const text = 'x'.repeat(2_000)
    const body = JSON.stringify(jsonRequest([1, 2, 3].map(() => jsonSpan({ traceId: hex(16), attributes: { text } }))))
    const headers = { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json' }
    for (let tries = 0; tries < 20; tries++) {
      const signal = AbortSignal.timeout(10_000)
      const answer = await fetch(`${url}/v1/traces`, { method: 'POST', body, headers, signal }).catch(() => undefined)
      if (answer?.status === 200) {
        acknowledged += 3
        return
      }
      await delay(200)
    }
  }
  const whole = until().finally(() => {
    over = true
  })
  while (!over) {
    sending.push(send())
    await delay(30)
  }
  await whole
  await Promise.all(sending)
  return acknowledged
}

it.each<[string, Weather]>([
  ['refuses', 'refuse'],
  ['hangs', 'hang'],
  ['cuts connections half-way through', { cut: 9_000 }],
])('a ClickHouse that %s: spans are taken all the while, and land once when it heals', async (_, weather) => {
  const { projectId, apiKey } = await mintProject()
  const acknowledged = await sendDuring(apiKey, async () => {
    await delay(600)
    proxy.change(weather)
    await expect.poll(async () => (await askHealth()).spooled.bytes).toBeGreaterThan(0)
    expect(await askHealth()).toMatchObject({ status: 200, ok: true })
    await delay(1_500)
    proxy.change('fair')
    await delay(600)
  })
  await expect.poll(async () => (await askHealth()).spooled.bytes, { timeout: 30_000, interval: 200 }).toBe(0)
  expect(acknowledged).toBeGreaterThan(100)
  await reconcileTraces(clickhouse, { since: new Date(Date.now() - 120_000), settleMs: -1_000, pauseMs: 0 })
  expect(await stored(projectId)).toEqual({ rows: acknowledged, spans: acknowledged })
  await expect.poll(() => spooledCount(projectId)).toBeGreaterThan(0)
})

it('what a killed process had spooled is stored, once, by the next, with what was sent again', async () => {
  const { projectId, apiKey } = await mintProject()
  const env = { CLICKHOUSE_URL: proxy.url, DATABASE_URL: inject('databaseUrl') }
  const start = async () => {
    const product = await startProduct({ dataDir: join(folder.path, 'killed'), roles: ['ingest'], env })
    await product.until(/ingest is ready/)
    return product
  }
  const send = async (otlpUrl: string, body: string) => {
    const headers = { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json' }
    return (await fetch(`${otlpUrl}/v1/traces`, { method: 'POST', body, headers })).status
  }
  const bodies = Array.from({ length: 30 }, () => JSON.stringify(jsonRequest([jsonSpan(), jsonSpan()])))
  const first = await start()
  expect(await send(first.otlpUrl, bodies[0] ?? '')).toBe(200)
  proxy.change('refuse')
  const statuses = await Promise.all(bodies.map(body => send(first.otlpUrl, body)))
  expect(new Set(statuses)).toEqual(new Set([200]))
  await first.stop('SIGKILL')
  expect(await stored(projectId)).toEqual({ rows: 2, spans: 2 })
  proxy.change('fair')
  const second = await start()
  expect(await send(second.otlpUrl, bodies[1] ?? '')).toBe(200)
  await expect.poll(() => stored(projectId)).toEqual({ rows: 60, spans: 60 })
  await second.stop()
})

async function spooledCount(projectId: string) {
  const sql = `
    select sum(ledger.count) as n
    from ledger
    where project_id = {projectId:String} and item = 'spans' and outcome = 'spooled'`
  const row = z.object({ n: z.coerce.number() })
  return (await clickhouse.query({ sql, params: { projectId }, row }))[0]?.n
}
