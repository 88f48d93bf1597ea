import { createHash } from 'node:crypto'
import { afterAll, describe, expect, it, vi } from 'vitest'
import { z } from 'zod'
import { openClickHouse } from '../../db/clickhouse.ts'
import { offloadAbove } from '../../db/domain/offload.ts'
import { startClickHouse } from '../../db/embedded/clickhouse.ts'
import { createLogger } from '../../db/log.ts'
import { readMark, writeMark } from '../../db/marks.ts'
import { expand, readMigrations, statements } from '../../db/migrate.ts'
import { createProject, projectSettings, updateProject } from '../../db/projects.ts'
import {
  listRetentions,
  oldBefore,
  previewOld,
  removeOld,
  removeOldRuns,
  retentionMark,
  rewriteParts,
} from '../../db/retention.ts'
import { readClock, trustClock } from '../../db/retention-clock.ts'
import { exportSpans } from '../../db/trace-spans.ts'
import { removeOldData } from '../../ingest/retention.ts'
import { type SpanFields, span, storeSpans } from '../factories.ts'
import { freshDatabase, testServices } from '../setup/context.ts'
import { temporaryDir } from '../setup/product.ts'

// Stores of its own: parts that are written anew are those of everybody.
const folder = temporaryDir()
const log = createLogger('error')
const engine = await startClickHouse({ dataDir: folder.path, password: 'secret', log })
const clickhouse = openClickHouse({ url: engine.url })
for (const { text } of readMigrations('clickhouse'))
  for (const statement of statements(expand(text))) await clickhouse.command(statement)
const { postgres } = await testServices({ DATABASE_URL: await freshDatabase() })
const stores = { clickhouse, postgres, log }
afterAll(async () => {
  await clickhouse.close()
  await engine.stop()
  folder.remove()
})
vi.setConfig({ testTimeout: 120_000 })

const day = 86_400_000
const ago = (days: number) => new Date(Date.now() - days * day)
const before = oldBefore(30, new Date())
const mintProject = () => createProject(postgres, { name: 'Retention' })
const store = (projectId: string, ...spans: SpanFields[]) =>
  storeSpans(
    clickhouse,
    projectId,
    spans.map(given => span(given)),
  )
const storePayload = (projectId: string, content: string, at: Date) => {
  const hash = createHash('sha256').update(content).digest('hex')
  const rows = [{ project_id: projectId, hash, content, received_at: at.toISOString() }]
  return clickhouse.insertRows({ table: 'payloads', rows })
}

const n = z.object({ n: z.coerce.number() })
const count = async (sql: string, params = {}) => (await clickhouse.query({ sql, params, row: n }))[0]?.n
const rowsOf = async (projectId: string) => {
  const tables = ['spans', 'traces', 'span_events', 'payloads', 'signals', 'run_events']
  const counts = tables.map(async table => [
    table,
    await count(`select count() as n from ${table} where project_id = {projectId:String}`, { projectId }),
  ])
  return Object.fromEntries(await Promise.all(counts))
}

/** One row in each table, of so many days ago. */
async function storeOne(projectId: string, days: number) {
  const at = ago(days)
  const traceId = String(days).padStart(32, 'a')
  await store(projectId, { at, traceId })
  await storePayload(projectId, `${days}`, at)
  const old = { project_id: projectId, trace_id: traceId, at: at.toISOString() }
  await clickhouse.insertRows({ table: 'span_events', rows: [{ ...old, id: '1', name: 'said' }] })
  await clickhouse.insertRows({ table: 'signals', rows: [{ ...old, id: '1', kind: 'thumbs', value: -1 }] })
  const event = { project_id: projectId, run_id: 'r', seq: days, at: at.toISOString(), type: 'step', event: '{}' }
  await clickhouse.insertRows({ table: 'run_events', rows: [event] })
}

it('removes what is older, from every table, and nothing else', async () => {
  const [mine, other] = [await mintProject(), await mintProject()]
  for (const days of [1, 29, 45, 200]) for (const project of [mine, other]) await storeOne(project, days)
  const all = { spans: 4, traces: 4, span_events: 4, payloads: 4, signals: 4, run_events: 4 }
  expect([await rowsOf(mine), await rowsOf(other)]).toEqual([all, all])

  const told = await previewOld(stores, { projectId: mine, before })
  expect(told).toMatchObject({ spans: 2, traces: 2, signals: 2, runs: 0 })
  expect(Math.abs(told.oldestMs - ago(200).getTime())).toBeLessThan(60_000)
  const two = { spans: 2, traces: 2, span_events: 2, payloads: 2, signals: 2, run_events: 2 }
  expect(await removeOld(clickhouse, { projectId: mine, before })).toEqual(two)
  expect([await rowsOf(mine), await rowsOf(other)]).toEqual([two, all])
  expect(await previewOld(stores, { projectId: mine, before })).toMatchObject({ spans: 0, traces: 0, signals: 0 })
  expect(await removeOld(clickhouse, { projectId: mine, before })).toEqual({})
})

it('keeps the beginning of the day on which it ends, in UTC', () => {
  expect(oldBefore(30, new Date('2026-11-27T23:59:59Z'))).toEqual(new Date('2026-10-28T00:00:00Z'))
  expect(oldBefore(1, new Date('2026-11-27T00:00:00Z'))).toEqual(new Date('2026-11-26T00:00:00Z'))
})

it('gives back the room of a partition of which a tenth is gone, and of no other', async () => {
  const [many, few] = [await mintProject(), await mintProject()]
  const month = (projectId: string, at: string, spans: number) =>
    store(projectId, ...Array.from({ length: spans }, () => ({ at: new Date(at) })))
  await month(many, '2025-02-10T00:00:00Z', 80)
  await month(few, '2025-02-10T00:00:00Z', 20)
  await month(many, '2025-03-10T00:00:00Z', 95)
  await month(few, '2025-03-10T00:00:00Z', 5)
  const sql = `
    select sum(rows) as n from system.parts
    where active and table = 'spans' and partition_id = {id:String}`
  const kept = async () => [await count(sql, { id: '202502' }), await count(sql, { id: '202503' })]
  await removeOld(clickhouse, { projectId: few, before })
  expect(await rowsOf(few)).toMatchObject({ spans: 0 })
  await rewriteParts(clickhouse)
  expect(await kept()).toEqual([80, 100])
  expect(await rowsOf(many)).toMatchObject({ spans: 175 })
})

it('keeps a payload as long as a span that names it, however early it was stored', async () => {
  const projectId = await mintProject()
  const input = 'again and again'.padEnd(offloadAbove + 1, '.')
  await store(projectId, { at: ago(90), input })
  await clickhouse.command('truncate table payloads')
  await storePayload(projectId, input, ago(90))
  const traceId = 'b'.repeat(32)
  await store(projectId, { at: ago(2), traceId, input })
  await removeOld(clickhouse, { projectId, before })
  const window = { projectId, traceId, fromMs: ago(3).getTime(), toMs: Date.now() }
  const found: number[] = []
  for await (const one of exportSpans(clickhouse, window)) found.push(one.input.length)
  expect(found).toEqual([input.length])
  expect(await rowsOf(projectId)).toMatchObject({ spans: 1 })
})

it('removes runs that ended before, once their events are in the archive', async () => {
  const projectId = await mintProject()
  const run = (id: string, more: { ended?: Date; archived?: Date }) => postgres.sql`
    insert into runs (id, project_id, trace_id, workflow, workflow_version, status, input, ended_at, archived_at)
    values (
      ${id}, ${projectId}, ${id}, 'w', '1', ${more.ended ? 'done' : 'interrupted'}, '{}',
      ${more.ended ?? null}, ${more.archived ?? null}
    )`
  await run('old', { ended: ago(40), archived: ago(40) })
  await run('not archived', { ended: ago(40) })
  await run('waits for a human', {})
  await run('new', { ended: ago(2), archived: ago(2) })
  await postgres.sql`insert into run_interrupts (run_id, interrupt_id, value) values ('old', '1', '{}')`
  await postgres.sql`
    insert into inbox_done (project_id, trace_id, done_at)
    values (${projectId}, 'old', ${ago(40)}), (${projectId}, 'new', ${ago(2)})`
  expect(await removeOldRuns(postgres, { projectId, before })).toBe(1)
  const left = await postgres.sql`select id from runs where project_id = ${projectId} order by id`
  expect(left.map(({ id }) => id)).toEqual(['new', 'not archived', 'waits for a human'])
  expect(await postgres.sql`select 1 from run_interrupts where run_id = 'old'`).toHaveLength(0)
  expect((await postgres.sql`select trace_id from inbox_done where project_id = ${projectId}`)[0]?.trace_id).toBe('new')
})

it('is done by itself for projects that do not keep their data for ever', async () => {
  const [forever, days] = [await mintProject(), await mintProject()]
  await updateProject(postgres, days, { settings: projectSettings.parse({ retentionDays: 30 }) })
  expect(await listRetentions(postgres)).toEqual([{ projectId: days, days: 30 }])
  for (const project of [forever, days]) await store(project, { at: ago(45) }, { at: ago(2) })
  const rounds = removeOldData(stores)
  await vi.waitFor(async () => expect(await readMark(postgres, retentionMark(days))).toEqual(before), 60_000)
  await rounds.stop()
  expect([await rowsOf(forever), await rowsOf(days)]).toMatchObject([{ spans: 2 }, { spans: 1, traces: 1 }])
  expect(await readMark(postgres, retentionMark(forever))).toBeUndefined()
})

describe('a clock that is far ahead of the last removals', () => {
  const mintLate = async () => {
    const projectId = await mintProject()
    await updateProject(postgres, projectId, { settings: { retentionDays: 30 } })
    await writeMark(postgres, `retention.clock.${projectId}`, ago(9))
    await store(projectId, { at: ago(45) }, { at: ago(2) })
    return projectId
  }
  const removed = (projectId: string) =>
    vi.waitFor(async () => expect(await rowsOf(projectId)).toMatchObject({ spans: 1, traces: 1 }), 60_000)

  it('removes nothing, while other projects lose what is old', async () => {
    const [late, other] = [await mintLate(), await mintLate()]
    await trustClock(postgres, other)
    const rounds = removeOldData(stores)
    await removed(other)
    await rounds.stop()
    expect([await readClock(postgres, late), await rowsOf(late)]).toMatchObject([{ isDoubted: true }, { spans: 2 }])
    expect(await readMark(postgres, retentionMark(late))).toBeUndefined()
  })

  it('is believed after a while', async () => {
    const late = await mintLate()
    const rounds = removeOldData(stores, { everyMs: 1_000, holdMs: 3_000 })
    await removed(late)
    const clock = async () => expect(await readClock(postgres, late)).toMatchObject({ isDoubted: false })
    await vi.waitFor(clock, 20_000)
    await rounds.stop()
  })

  it('is not doubted for less than a long weekend', async () => {
    const projectId = await mintProject()
    await writeMark(postgres, `retention.clock.${projectId}`, ago(3.9))
    expect(await readClock(postgres, projectId)).toMatchObject({ isDoubted: false })
  })
})

it('goes on with the other projects when one fails', async () => {
  const [failing, other] = [await mintProject(), await mintProject()]
  for (const project of [failing, other]) {
    await updateProject(postgres, project, { settings: { retentionDays: 30 } })
    await store(project, { at: ago(45) }, { at: ago(2) })
  }
  const query: typeof clickhouse.query = asked =>
    asked.params?.projectId === failing ? Promise.reject(new Error('out of memory')) : clickhouse.query(asked)
  const rounds = removeOldData({ ...stores, clickhouse: { ...clickhouse, query } })
  await vi.waitFor(async () => expect(await rowsOf(other)).toMatchObject({ spans: 1 }), 60_000)
  await rounds.stop()
  expect(await rowsOf(failing)).toMatchObject({ spans: 2 })
})
