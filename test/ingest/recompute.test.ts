import { afterAll, describe, expect, it, vi } from 'vitest'
import { z } from 'zod'
import { openPrices } from '../../db/costs.ts'
import type { Span } from '../../db/domain/span.ts'
import { addOwnPrice, endOwnPrice, type OwnPriceInput, withdrawOwnPrice } from '../../db/own-prices.ts'
import { createProject } from '../../db/projects.ts'
import { claimRecompute, giveBackRecompute, listRecomputes, queueRecompute } from '../../db/recompute-jobs.ts'
import { recomputeCosts } from '../../ingest/recompute.ts'
import { modelCall, span, storeSpans, toolCall } from '../factories.ts'
import { freshClickHouse, freshDatabase, testServices } from '../setup/context.ts'
import { startProduct, temporaryDir } from '../setup/product.ts'

const databaseUrl = await freshDatabase()
const env = { DATABASE_URL: databaseUrl, CLICKHOUSE_URL: await freshClickHouse(databaseUrl) }
const services = await testServices(env)
const { clickhouse, postgres } = services
const mintProject = async () => ({ projectId: await createProject(postgres, { name: 'Recompute' }) })
await openPrices(postgres)
/** The store rewrites whole parts for it, beside whatever else the machine does. */
const rewritten = { timeout: 120_000 }
vi.setConfig({ testTimeout: 400_000 })
const fast = { pollMs: 50, settleMs: -60_000, pricesKnownMs: 0 }
const [user] = await postgres.sql<{ id: string }[]>`
  insert into users (id, name, email) values ('recompute-tester', 'Ada', 'recompute@example.com') returning id`
const userId = user!.id
const day = 86_400_000
const ago = (days: number) => new Date(Date.now() - days * day)

const price = (given: Partial<OwnPriceInput> = {}): OwnPriceInput => ({
  provider: 'acme',
  model: 'large',
  match: 'equals',
  validFrom: null,
  input: 2,
  output: 8,
  cacheRead: null,
  cacheWrite: null,
  cacheWrite1h: null,
  inputAudio: null,
  outputAudio: null,
  reasoning: null,
  perThousandRequests: null,
  ...given,
})
const call = (given: Partial<Span> & { at?: Date } = {}) =>
  modelCall({
    provider: 'acme',
    model: 'large',
    modelRequested: 'large',
    costUsd: null,
    inputTokens: 1_000,
    outputTokens: 100,
    ...given,
  })
/** 1,000 tokens in and 100 out at 2 and 8 dollars a million. */
const costOfCall = 2_800_000

const row = z.object({ model: z.string(), cost: z.coerce.number(), source: z.string(), version: z.string() })
const costs = (projectId: string) =>
  clickhouse.query({
    sql: `
      select model, cost_nano_usd as cost, cost_source as source, price_version as version
      from spans where project_id = {projectId:String} order by model, start_time`,
    params: { projectId },
    row,
  })
const sums = async (projectId: string) => {
  const [found] = await clickhouse.query({
    sql: `
      select sum(cost_nano_usd) as cost, sum(cost_unknown) as unknown, sum(span_count) as spans
      from traces where project_id = {projectId:String}`,
    params: { projectId },
    row: z.object({ cost: z.coerce.number(), unknown: z.coerce.number(), spans: z.coerce.number() }),
  })
  return found
}
const window = (projectId: string, from = ago(60), to = ago(-1)) => ({ projectId, userId, from, to })
const lastJob = async (projectId: string) => (await listRecomputes(postgres, projectId))[0]

/** Lets a worker run until the project's last work is done. */
async function recompute(projectId: string, from?: Date, to?: Date) {
  expect(await queueRecompute(postgres, window(projectId, from, to))).toBe(true)
  const worker = recomputeCosts(services, fast)
  await expect.poll(async () => (await lastJob(projectId))?.status, rewritten).toBe('done')
  await worker.stop()
  return lastJob(projectId)
}

describe('after a change of prices', () => {
  it('the costs of spans, and the sums of their traces, are those of the new prices; given ones stay', async () => {
    const { projectId } = await mintProject()
    const other = await mintProject()
    const spans = [
      call({ at: ago(0.1) }),
      call({ at: ago(40) }),
      call({ model: 'tier', modelRequested: 'large', priceVersion: 'unpriced: service tier flex', at: ago(0.2) }),
      call({ model: 'given', modelRequested: 'large', costSource: 'given', costNanoUsd: 5n, at: ago(0.2) }),
      call({ model: 'other', modelRequested: 'other', at: ago(0.2) }),
      toolCall({ toolName: 'search', at: ago(0.1) }),
      span({ at: ago(0.01), inputTokens: 50, provider: 'acme', model: 'large' }),
    ]
    await storeSpans(clickhouse, projectId, spans)
    await storeSpans(clickhouse, other.projectId, [call({ at: ago(0.1) })])
    expect(await sums(projectId)).toEqual({ cost: 5, unknown: 4, spans: 7 })
    const version = await addOwnPrice(postgres, { projectId, userId, price: price() })
    expect(version).toMatch(/^own@\d+$/)
    expect(await recompute(projectId)).toMatchObject({ changed: 2, costChangeNanoUsd: 2 * costOfCall, error: '' })
    const priced = { cost: costOfCall, source: 'computed', version }
    const unknown = { cost: 0, source: 'unknown', version: '' }
    expect(await costs(projectId)).toEqual([
      { model: '', ...unknown },
      { model: 'given', cost: 5, source: 'given', version: '' },
      { model: 'large', ...priced },
      { model: 'large', ...priced },
      { model: 'large', ...unknown },
      { model: 'other', ...unknown },
      { model: 'tier', ...unknown, version: 'unpriced: service tier flex' },
    ])
    expect(await sums(projectId)).toEqual({ cost: 5 + 2 * costOfCall, unknown: 2, spans: 7 })
    expect(await costs(other.projectId)).toEqual([{ model: 'large', ...unknown }])
  })

  it('audio is priced once a price says what it costs', async () => {
    const { projectId } = await mintProject()
    await storeSpans(clickhouse, projectId, [call({ inputAudioTokens: 400, at: ago(0.1) })])
    await addOwnPrice(postgres, { projectId, userId, price: price() })
    expect(await recompute(projectId)).toMatchObject({ changed: 0 })
    await addOwnPrice(postgres, { projectId, userId, price: price({ inputAudio: 40 }) })
    expect(await recompute(projectId)).toMatchObject({ changed: 1, costChangeNanoUsd: costOfCall + 400 * 38_000 })
  })

  it('only the chosen window changes, and a second time nothing does', async () => {
    const { projectId } = await mintProject()
    await storeSpans(clickhouse, projectId, [call({ at: ago(10) }), call({ at: ago(1) })])
    await addOwnPrice(postgres, { projectId, userId, price: price() })
    expect(await recompute(projectId, ago(2), ago(0))).toMatchObject({ changed: 1 })
    expect((await costs(projectId)).map(({ cost }) => cost)).toEqual([0, costOfCall])
    expect(await recompute(projectId, ago(2), ago(0))).toMatchObject({ changed: 0 })
    expect(await sums(projectId)).toMatchObject({ cost: costOfCall, unknown: 1 })
  })

  it('a price that ended, was withdrawn or came later holds for its time only', async () => {
    const { projectId } = await mintProject()
    await storeSpans(clickhouse, projectId, [call({ at: ago(3) }), call({ at: ago(1) })])
    const first = await addOwnPrice(postgres, { projectId, userId, price: price() })
    const later = await addOwnPrice(postgres, {
      projectId,
      userId,
      price: price({ input: 4, output: 0, validFrom: ago(2) }),
    })
    await recompute(projectId)
    expect((await costs(projectId)).map(({ cost, version }) => [cost, version])).toEqual([
      [costOfCall, first],
      [4_000_000, later],
    ])
    expect(await withdrawOwnPrice(postgres, { projectId, version: later! })).toBe(true)
    expect(await withdrawOwnPrice(postgres, { projectId, version: later! })).toBe(false)
    expect(await endOwnPrice(postgres, { projectId, version: first! })).toBe(true)
    await recompute(projectId)
    expect((await costs(projectId)).map(({ version }) => version)).toEqual([first, first])
    expect(await withdrawOwnPrice(postgres, { projectId: 'another', version: first! })).toBe(false)
    await withdrawOwnPrice(postgres, { projectId, version: first! })
    await recompute(projectId)
    expect((await costs(projectId)).map(({ source, cost }) => [source, cost])).toEqual([
      ['unknown', 0],
      ['unknown', 0],
    ])
    expect(await sums(projectId)).toEqual({ cost: 0, unknown: 2, spans: 2 })
  })

  it('names of models are texts, whatever they hold, and many of them', async () => {
    const { projectId } = await mintProject()
    const evil = `x') or 1=1; alter table spans delete where 1; --`
    const names = [evil, "'\\", ...Array.from({ length: 10 }, (_, at) => `model-${at}`)]
    await storeSpans(
      clickhouse,
      projectId,
      names.map(model => call({ model, modelRequested: model, at: ago(0.1) })),
    )
    await addOwnPrice(postgres, { projectId, userId, price: price({ model: 'x', match: 'starts_with' }) })
    await addOwnPrice(postgres, { projectId, userId, price: price({ model: 'model-', match: 'contains' }) })
    expect(await recompute(projectId)).toMatchObject({ changed: 11 })
    expect(await sums(projectId)).toEqual({ cost: 11 * costOfCall, unknown: 1, spans: 12 })
  })
})

describe('the work', () => {
  it('is one at a time for a project', async () => {
    const { projectId } = await mintProject()
    const answers = await Promise.all([1, 2, 3].map(() => queueRecompute(postgres, window(projectId))))
    expect(answers.filter(Boolean)).toHaveLength(1)
    const worker = recomputeCosts(services, fast)
    await expect.poll(async () => (await lastJob(projectId))?.status, rewritten).toBe('done')
    await worker.stop()
    expect(await queueRecompute(postgres, window(projectId))).toBe(true)
    await postgres.sql`delete from recomputes where project_id = ${projectId}`
  })

  it('is tried again when the store fails, and goes on while spans arrive; the sums come right', async () => {
    const { projectId } = await mintProject()
    const spans = Array.from({ length: 40 }, (_, at) => call({ at: ago(1 + at / 24) }))
    await storeSpans(clickhouse, projectId, spans)
    await addOwnPrice(postgres, { projectId, userId, price: price() })
    await queueRecompute(postgres, window(projectId))
    let failures = 2
    const failing = {
      ...services,
      clickhouse: {
        ...clickhouse,
        async command(sql: string, params?: Record<string, unknown>) {
          if (failures > 0) {
            failures -= 1
            throw new Error('ClickHouse is away')
          }
          await clickhouse.command(sql, params)
          if (sql.includes('insert into traces'))
            await storeSpans(clickhouse, projectId, [
              call({ at: ago(1), costSource: 'computed', costNanoUsd: BigInt(costOfCall) }),
            ])
        },
      },
      log: { ...services.log, warn: () => {} },
    }
    const worker = recomputeCosts(failing, fast)
    const told = new Set<string>()
    const statusWithoutPause = async () => {
      await postgres.sql`update recomputes set heartbeat_at = null where project_id = ${projectId} and status = 'queued'`
      const job = await lastJob(projectId)
      told.add(job?.error ?? '')
      return job?.status
    }
    await expect.poll(statusWithoutPause, { ...rewritten, interval: 20 }).toBe('done')
    expect(failures).toBe(0)
    expect([...told].join()).toContain('ClickHouse is away')
    await worker.stop()
    const found = await sums(projectId)
    expect(found?.spans).toBeGreaterThan(40)
    expect(found).toMatchObject({ cost: (found?.spans ?? 0) * costOfCall, unknown: 0 })
  })

  it('of a worker that is gone is taken over; its own word then counts no more', async () => {
    const { projectId } = await mintProject()
    await queueRecompute(postgres, window(projectId))
    const held = await claimRecompute(postgres, 'gone')
    expect(held?.projectId).toBe(projectId)
    expect(await claimRecompute(postgres, 'other')).toBeUndefined()
    await postgres.sql`update recomputes set heartbeat_at = now() - interval '1 minute' where project_id = ${projectId}`
    expect(await claimRecompute(postgres, 'other')).toMatchObject({ id: held?.id })
    await giveBackRecompute(postgres, { id: held!.id, worker: 'gone' }, 'too late')
    expect(await lastJob(projectId)).toMatchObject({ status: 'running', error: '' })
    await postgres.sql`delete from recomputes where project_id = ${projectId}`
  })
})

const folder = temporaryDir()
afterAll(folder.remove)

it('of a process that was killed at any moment is done by the next', async () => {
  const { projectId } = await mintProject()
  const spans = Array.from({ length: 600 }, (_, at) => call({ at: ago(1 + at / 100) }))
  await storeSpans(clickhouse, projectId, spans)
  await addOwnPrice(postgres, { projectId, userId, price: price() })
  await queueRecompute(postgres, window(projectId))
  // Created long ago, so that it begins at once.
  await postgres.sql`update recomputes set created_at = now() - interval '1 minute' where project_id = ${projectId}`
  for (const afterMs of [50, 600]) {
    const product = await startProduct({ dataDir: folder.path, roles: ['ingest'], env })
    await expect
      .poll(async () => (await lastJob(projectId))?.status, { ...rewritten, interval: 20 })
      .toMatch(/running|done/)
    await new Promise(resolve => setTimeout(resolve, afterMs))
    await product.stop('SIGKILL')
    await postgres.sql`update recomputes set heartbeat_at = now() - interval '1 minute' where project_id = ${projectId}`
  }
  const worker = recomputeCosts(services, fast)
  await expect.poll(async () => (await lastJob(projectId))?.status, rewritten).toBe('done')
  await worker.stop()
  expect(await sums(projectId)).toEqual({ cost: 600 * costOfCall, unknown: 0, spans: 600 })
})
