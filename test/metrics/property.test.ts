import { beforeAll, describe, expect, test } from 'vitest'
import { readArms } from '../../db/canary-sums.ts'
import { type MetricId, type MetricReading, metricDimensions, metricIds } from '../../db/domain/metrics.ts'
import { hourMs } from '../../db/domain/time.ts'
import { metricBreakdown, metricSeries, readMetrics } from '../../db/metrics.ts'
import { reconcileTraces } from '../../db/reconcile.ts'
import { readWindows, type WindowSums } from '../../db/user-sums.ts'
import { insertSignals, storeSpans } from '../factories.ts'
import { mintProject, testStores } from '../setup/context.ts'
import { type Facts, keysOf, linedSumsOf, readingOf, readTraces, userSumsOf } from './naive.ts'
import { randomTraces } from './random-traces.ts'

const { clickhouse } = testStores()
const end = new Date('2026-05-06T17:30:00Z')
const from = new Date(end.getTime() - 24 * hourMs)
const split = new Date(end.getTime() - 11.5 * hourMs)

function expectClose(actual: number | null | undefined, expected: number | null, what: string) {
  if (expected === null || actual == null) expect(actual ?? null, what).toBe(expected)
  else
    expect(Math.abs(actual - expected), `${what}: ${actual} for ${expected}`).toBeLessThan(
      1e-9 * (1 + Math.abs(expected)),
    )
}

function expectReading(reading: MetricReading | null, naive: ReturnType<typeof readingOf>, what: string) {
  expectClose(reading?.value ?? null, naive.value, `${what} value`)
  expectClose(reading?.numerator ?? 0, naive.numerator, `${what} numerator`)
  expect(reading?.denominator ?? 0, `${what} denominator`).toBe(naive.denominator)
  expect(reading?.users ?? 0, `${what} users`).toBe(naive.users)
  for (const [part, level] of [
    ['p50', 0.5],
    ['p95', 0.95],
    ['p99', 0.99],
  ] as const) {
    const { times } = naive
    if (reading && part in reading.parts && times.length > 0)
      expectClose(
        reading.parts[part],
        times[Math.min(times.length - 1, Math.floor(level * times.length))]!,
        `${what} ${part}`,
      )
  }
  for (const [part, count] of Object.entries(naive.counts))
    if (reading && part in reading.parts)
      expect(reading.parts[part as 'failed'], `${what} ${part}`).toBe(reading.denominator > 0 ? count : null)
}

describe.each([1, 2])('on random traces of seed %d', seed => {
  let projectId: string
  let traces: Facts[]
  const set = (filters = {}) => ({ projectId, from, to: end, filters })

  beforeAll(async () => {
    projectId = (await mintProject()).projectId
    const raw = randomTraces(seed, { count: 160, end: new Date(end.getTime() + hourMs), hours: 27 })
    // In any order, some of them twice: in a retried request, and by two processes that both stored it.
    const shuffled = raw.spans.toSorted((a, b) => a.spanId.localeCompare(b.spanId))
    const half = Math.floor(shuffled.length / 2)
    await storeSpans(clickhouse, projectId, shuffled.slice(half))
    await storeSpans(clickhouse, projectId, shuffled.slice(0, half))
    await storeSpans(
      clickhouse,
      projectId,
      shuffled.filter((_, i) => i % 7 === 0),
    )
    for (const signal of raw.signals) await insertSignals(clickhouse, projectId, [signal])
    await reconcileTraces(clickhouse, { since: new Date(Date.now() - hourMs), settleMs: -1000, pauseMs: 0 })
    traces = readTraces(raw).filter(({ startedMs }) => startedMs >= +from && startedMs < +end)
    expect(traces.length).toBeGreaterThan(100)
  })

  test('every value is that of the raw rows', async () => {
    const readings = await readMetrics(clickhouse, set(), metricIds)
    for (const id of metricIds) expectReading(readings[id], readingOf(id, traces), id)
  })

  test('and under filters, where a tool named means its own calls', async () => {
    const ai = await readMetrics(clickhouse, set({ serving: ['ai'], workflow: ['support', '(none)'] }), metricIds)
    const some = traces.filter(({ serving, workflow }) => serving === 'ai' && workflow !== 'draft')
    for (const id of metricIds) expectReading(ai[id], readingOf(id, some), `ai ${id}`)
    const searching = await readMetrics(clickhouse, set({ tool: ['search', 'mail'] }), metricIds)
    const only = ({ name }: { name: string }) => name === 'search' || name === 'mail'
    const users = traces.filter(({ tools }) => tools.some(only))
    for (const id of metricIds) expectReading(searching[id], readingOf(id, users, { only }), `search ${id}`)
  })

  test('every series is', async () => {
    const series = await metricSeries(clickhouse, set(), metricIds, 7200)
    for (const id of metricIds)
      for (const { at, reading } of series[id]) {
        const within = traces.filter(({ startedMs }) => startedMs >= at && startedMs < at + 7_200_000)
        expect(reading === null, `${id} at ${at}`).toBe(within.length === 0)
        if (reading) expectReading(reading, readingOf(id, within), `${id} at ${new Date(at).toISOString()}`)
      }
  })

  test.each(metricDimensions)('every breakdown by %s is', async by => {
    const rows = await metricBreakdown(clickhouse, set(), metricIds, by)
    const keys = new Set(traces.flatMap(keysOf[by]))
    expect(new Set(rows.map(({ key }) => key))).toEqual(keys)
    for (const { key, traces: count, readings } of rows) {
      const under = traces.filter(trace => keysOf[by](trace).includes(key))
      expect(count, key).toBe(under.length)
      const own = by === 'tool' ? { only: ({ name }: { name: string }) => name === key, byTool: true } : {}
      for (const id of metricIds) expectReading(readings[id], readingOf(id, under, own), `${by} ${key} ${id}`)
    }
  })

  test.each([undefined, ...metricDimensions])('the sums by user are, by %s', async by => {
    const windows = { current: { from: split, to: end }, baseline: { from, to: split } }
    const rows = await readWindows(clickhouse, { set: { projectId }, ...windows }, metricIds, by)
    expect(new Set(rows.keys())).toEqual(new Set(by ? traces.flatMap(keysOf[by]) : ['']))
    for (const [key, row] of rows) {
      const under = by ? traces.filter(trace => keysOf[by](trace).includes(key)) : traces
      const own = by === 'tool' ? { only: ({ name }: { name: string }) => name === key, byTool: true } : {}
      for (const id of metricIds) expectSums(id, row[id], under, own, `${by} ${key} ${id}`)
    }
  })

  test('the sums by arm and stage are', async () => {
    const stages = [from, split].map(since => ({ since, canaryShare: 0.1, controlShare: 0.1 }))
    const rows = await readArms(clickhouse, { projectId, flag: 'support', stages, now: end }, metricIds)
    const firsts = firstArms(traces)
    let seen = 0
    for (const row of rows) {
      const users = firsts.filter(({ arm, first }) => arm === row.arm && (first >= +split ? 1 : 0) === row.stage)
      const own = users.flatMap(({ list }) => list)
      expect(row).toMatchObject({
        users: users.length,
        traces: own.length,
        deterministic: own.filter(({ serving }) => serving === 'deterministic').length,
        crossed: users.filter(({ arms }) => arms > 1).length,
      })
      const ai = own.filter(({ serving }) => serving === 'ai')
      for (const id of metricIds)
        for (const [name, value] of Object.entries(userSumsOf(id, ai).sums))
          expectClose(row.sums[id]![name as 'm'], value, `${row.arm} ${row.stage} ${id}.${name}`)
      seen += users.length
    }
    expect(seen).toBe(firsts.length)
    expect(rows.some(({ crossed }) => crossed > 0)).toBe(true)
  })

  test('the sums by arm under frozen lines are: cost cut by user, and answers slower than usual', async () => {
    const lines = { costCap: 0.006, slowMs: 9000 }
    const stages = [{ since: from, canaryShare: 0.1, controlShare: 0.1 }]
    const ids = ['cost_per_session', 'latency_tail'] as const
    const rows = await readArms(clickhouse, { projectId, flag: 'support', stages, now: end, lines }, ids)
    const firsts = firstArms(traces)
    for (const { arm, sums } of rows)
      for (const id of ids) {
        const own = firsts.filter(user => user.arm === arm).flatMap(({ list }) => list)
        const ai = own.filter(({ serving }) => serving === 'ai')
        const naive = linedSumsOf(id, ai, lines)
        for (const [name, value] of Object.entries(naive)) expectClose(sums[id]![name as 'm'], value, `${id}.${name}`)
        const free = linedSumsOf(id, ai, { costCap: Number.POSITIVE_INFINITY, slowMs: 0 })
        expect(naive.m, `the line is crossed by ${id}`).toBeLessThan(free.m)
        expect(naive.m).toBeGreaterThan(0)
      }
    expect(rows).toHaveLength(2)
  })

  /** Each user's first arm, and their traces in it. */
  function firstArms(all: Facts[]) {
    const armOf = ({ variants }: Facts) => {
      const [canary, control] = ['canary', 'control'].map(arm => variants.includes(`support=${arm}`))
      return canary === control ? undefined : canary ? 'canary' : 'control'
    }
    const exposed = all.filter(armOf).toSorted((a, b) => a.startedMs - b.startedMs)
    return [...Map.groupBy(exposed, ({ user, session }) => user || session).values()].map(list => {
      const arm = armOf(list[0]!)!
      const arms = new Set(list.map(armOf)).size
      return { arm, arms, first: list[0]!.startedMs, list: list.filter(trace => armOf(trace) === arm) }
    })
  }

  function expectSums(
    id: MetricId,
    row: WindowSums,
    under: Facts[],
    own: Parameters<typeof userSumsOf>[2],
    what: string,
  ) {
    const [a, b] = [true, false].map(late =>
      userSumsOf(
        id,
        under.filter(({ startedMs }) => startedMs >= +split === late),
        own,
      ),
    )
    for (const [name, value] of Object.entries(a!.sums))
      expectClose(row.current[name as 'm'], value, `${what} a.${name}`)
    for (const [name, value] of Object.entries(b!.sums))
      expectClose(row.baseline[name as 'm'], value, `${what} b.${name}`)
    const cross = (p: 'm' | 'd', q: 'm' | 'd') =>
      [...a!.own].reduce((sum, [user, value]) => sum + value[p] * (b!.own.get(user)?.[q] ?? 0), 0)
    for (const [name, value] of Object.entries(row.cross))
      expectClose(value, cross(name[0] as 'm', name[1] as 'd'), `${what} cross.${name}`)
  }
})
