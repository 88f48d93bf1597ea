import { describe, expect, test } from 'vitest'
import { metricIds } from '../../db/domain/metrics.ts'
import { hourMs, minuteMs } from '../../db/domain/time.ts'
import { metricBreakdown, metricSeries, readMetric, readMetrics } from '../../db/metrics.ts'
import { insertSignals, modelCall, type SpanFields, span, storeSpans, toolCall, trace } from '../factories.ts'
import { mintProject, testStores } from '../setup/context.ts'

const { clickhouse } = testStores()

const now = Date.now()
const ago = (ms: number) => new Date(now - ms)
const day = { from: ago(24 * hourMs), to: new Date(now + 1000) }

async function projectWith(...roots: SpanFields[]) {
  const { projectId } = await mintProject()
  const spans = roots.map(root => span({ name: 'invoke_workflow', status: 'ok', at: ago(hourMs), ...root }))
  await storeSpans(clickhouse, projectId, spans)
  return { projectId, set: { projectId, ...day }, ids: spans.map(({ traceId }) => traceId) }
}

const no = { value: null, numerator: 0, denominator: 0, users: 0 }

describe('a metric', () => {
  test('of nothing is null, not 0', async () => {
    const { projectId } = await mintProject()
    const readings = await readMetrics(clickhouse, { projectId, ...day }, metricIds)
    for (const id of metricIds) expect(readings[id], id).toMatchObject(no)
    expect(readings.latency.parts).toEqual({ p50: null, p95: null, p99: null })
  })

  test('negative feedback: a trace counts once, neutral and text count as no polarity', async () => {
    const { set, projectId, ids } = await projectWith(
      { userId: 'ann' },
      { userId: 'ann' },
      { userId: 'bob' },
      { userId: 'cy' },
      {},
    )
    const [angry, glad, torn, neutral] = ids
    await insertSignals(clickhouse, projectId, [
      { traceId: angry!, kind: 'thumbs', value: -1, polarity: -1 },
      { traceId: angry!, kind: 'regenerate', polarity: -1 },
      { traceId: glad!, kind: 'thumbs', value: 1, polarity: 1 },
      { traceId: torn!, kind: 'copy', polarity: 1 },
      { traceId: torn!, kind: 'abandon', polarity: -1 },
      { traceId: neutral!, kind: 'rating', value: 0.5, polarity: 0 },
      { traceId: neutral!, kind: 'comment', comment: 'fine' },
    ])
    const readings = await readMetrics(clickhouse, set, ['negative_feedback_rate', 'feedback_response_rate'])
    expect(readings.negative_feedback_rate).toMatchObject({ value: 2 / 3, numerator: 2, denominator: 3, users: 2 })
    expect(readings.feedback_response_rate).toMatchObject({ value: 3 / 5, numerator: 3, denominator: 5, users: 3 })
  })

  test('a signal delivered twice counts once, and a later one with its id replaces it', async () => {
    const { set, projectId, ids } = await projectWith({}, {})
    const twice = { traceId: ids[0]!, id: 'same', kind: 'thumbs', value: -1, polarity: -1 as const }
    await insertSignals(clickhouse, projectId, [twice])
    await insertSignals(clickhouse, projectId, [twice, { traceId: ids[1]!, kind: 'thumbs', value: -1, polarity: -1 }])
    expect(await readMetric(clickhouse, set, 'negative_feedback_rate')).toMatchObject({ numerator: 2, denominator: 2 })
    await insertSignals(clickhouse, projectId, [{ ...twice, value: 1, polarity: 1 }])
    expect(await readMetric(clickhouse, set, 'negative_feedback_rate')).toMatchObject({ numerator: 1, denominator: 2 })
  })

  test('completion: by status, unless a completion signal says otherwise; the last one holds', async () => {
    const { set, projectId, ids } = await projectWith(
      { status: 'ok' },
      { status: 'unset' },
      { status: 'error' },
      { status: 'interrupted' },
      { status: 'ok' },
      { status: 'error' },
      { status: 'ok', parentSpanId: '00000000000000aa' },
      { status: 'ok', parentSpanId: '00000000000000ab' },
    )
    await insertSignals(clickhouse, projectId, [
      { traceId: ids[4]!, kind: 'completion', value: 1, at: ago(2000) },
      { traceId: ids[4]!, kind: 'completion', value: 0, at: ago(1000) },
      { traceId: ids[5]!, kind: 'completion', value: 1 },
      { traceId: ids[7]!, kind: 'completion', value: 1 },
    ])
    const reading = await readMetric(clickhouse, set, 'task_completion_rate')
    expect(reading).toMatchObject({ numerator: 4, denominator: 7 })
  })

  test('tool failures: failed and empty apart, of all tool calls', async () => {
    const { projectId } = await mintProject()
    const call = (toolOutcome: 'ok' | 'error' | 'empty') => toolCall({ toolName: 'kb', toolOutcome, at: ago(hourMs) })
    const calls = [call('ok'), call('ok'), call('error'), call('empty'), call('empty')]
    await storeSpans(clickhouse, projectId, [
      ...trace({ at: ago(hourMs), userId: 'ann' }, calls),
      ...trace({ at: ago(hourMs) }),
    ])
    const reading = await readMetric(clickhouse, { projectId, ...day }, 'tool_failure_rate')
    expect(reading).toEqual({ value: 0.6, numerator: 3, denominator: 5, users: 1, parts: { failed: 1, empty: 2 } })
  })

  test('latency: mean and exact percentiles of the roots that came', async () => {
    const durations = Array.from({ length: 100 }, (_, i) => ({ durationMs: (i + 1) * 10, userId: `u${i % 7}` }))
    const { set } = await projectWith(...durations, { parentSpanId: '00000000000000aa', durationMs: 99_999 })
    const { value, denominator, users, parts } = await readMetric(clickhouse, set, 'latency')
    expect(value).toBeCloseTo(505, 9)
    expect([denominator, users]).toEqual([100, 7])
    expect(parts.p50).toBeGreaterThanOrEqual(500)
    expect(parts.p50).toBeLessThanOrEqual(510)
    expect(parts.p95).toBeGreaterThanOrEqual(950)
    expect(parts.p95).toBeLessThanOrEqual(960)
    expect(parts.p99).toBeGreaterThanOrEqual(990)
  })

  test('latency: time paused for a human is none, whatever the clock says', async () => {
    const paused = { durationMs: 3_600_000, attributes: { 'davylamp.paused_ms': '3590000' } }
    const { set } = await projectWith(paused, { durationMs: 2000, attributes: { 'davylamp.paused_ms': '9000' } })
    expect(await readMetric(clickhouse, set, 'latency')).toMatchObject({ value: 5000, numerator: 10_000 })
  })

  test('time to first token: of the traces that told it', async () => {
    const { set } = await projectWith({ ttftMs: 100 }, { ttftMs: 300 }, {}, { ttftMs: 0 })
    expect(await readMetric(clickhouse, set, 'ttft')).toMatchObject({ value: 400 / 3, denominator: 3 })
  })

  test('cost per session: sessions are counted exactly, a trace without one is its own', async () => {
    const { projectId } = await mintProject()
    const turn = (sessionId: string, costUsd: number | null) =>
      trace({ at: ago(hourMs), sessionId }, [modelCall({ at: ago(hourMs), costUsd })])
    await storeSpans(
      clickhouse,
      projectId,
      [turn('s1', 0.1), turn('s1', 0.2), turn('s2', 0.3), turn('', 0.4), turn('', null)].flat(),
    )
    const reading = await readMetric(clickhouse, { projectId, ...day }, 'cost_per_session')
    expect(reading.value).toBeCloseTo(1 / 4, 12)
    expect(reading).toMatchObject({ denominator: 4, parts: { unknown: 1, traces: 5 } })
  })

  test('cost that is all unknown is not 0', async () => {
    const { projectId } = await mintProject()
    await storeSpans(clickhouse, projectId, trace({ at: ago(hourMs) }, [modelCall({ at: ago(hourMs), costUsd: null })]))
    expect((await readMetric(clickhouse, { projectId, ...day }, 'cost_per_session')).value).toBeNull()
  })

  test('actions and errors are of all traces', async () => {
    const { set, projectId, ids } = await projectWith({}, { status: 'error' }, {}, {})
    await insertSignals(clickhouse, projectId, [
      { traceId: ids[0]!, kind: 'accept', polarity: 1 },
      { traceId: ids[0]!, kind: 'action', action: 'sent', polarity: 1 },
      { traceId: ids[1]!, kind: 'copy', polarity: 1 },
    ])
    const readings = await readMetrics(clickhouse, set, ['action_rate', 'error_rate'])
    expect(readings.action_rate.value).toBe(0.25)
    expect(readings.error_rate.value).toBe(0.25)
  })

  test('the deterministic arm is kept apart by the filter', async () => {
    const { set } = await projectWith({ serving: 'ai', status: 'error' }, { serving: 'deterministic' }, { serving: '' })
    const rate = (serving: string) => readMetric(clickhouse, { ...set, filters: { serving: [serving] } }, 'error_rate')
    expect(await rate('ai')).toMatchObject({ value: 0.5, denominator: 2 })
    expect(await rate('deterministic')).toMatchObject({ value: 0, denominator: 1 })
  })

  test('a trace belongs to the window in which it began', async () => {
    const { set } = await projectWith(
      { at: ago(2 * hourMs) },
      { at: day.from },
      { at: day.to },
      { at: ago(25 * hourMs) },
    )
    expect(await readMetric(clickhouse, set, 'error_rate')).toMatchObject({ denominator: 2 })
  })

  test('knows nothing of another project', async () => {
    const other = await projectWith({ userId: 'ann' })
    await insertSignals(clickhouse, other.projectId, [{ traceId: other.ids[0]!, kind: 'thumbs', polarity: -1 }])
    const { set } = await projectWith()
    const readings = await readMetrics(clickhouse, set, metricIds)
    for (const id of metricIds) expect(readings[id], id).toMatchObject(no)
    expect(await metricBreakdown(clickhouse, set, ['error_rate'], 'workflow')).toEqual([])
  })
})

describe('over time', () => {
  test('a bucket holds the traces that began in it; one without traces is null', async () => {
    const from = new Date(Math.floor(now / hourMs) * hourMs - 4 * hourMs)
    const at = (hours: number) => new Date(from.getTime() + hours * hourMs + 10 * minuteMs)
    const { projectId } = await projectWith({ at: at(0), status: 'error' }, { at: at(0) }, { at: at(2) })
    const set = { projectId, from, to: new Date(from.getTime() + 4 * hourMs) }
    const { error_rate, latency } = await metricSeries(clickhouse, set, ['error_rate', 'latency'], 3600)
    expect(error_rate.map(point => point.at)).toEqual([0, 1, 2, 3].map(hour => from.getTime() + hour * hourMs))
    expect(error_rate.map(point => point.reading?.value ?? null)).toEqual([0.5, null, 0, null])
    expect(latency[0]?.reading).toMatchObject({ value: 1000, denominator: 2 })
  })
})

describe('a breakdown', () => {
  test('gives each value its own reading, most traces first', async () => {
    const { set } = await projectWith(
      { workflow: 'analyze', workflowVersion: '2' },
      { workflow: 'analyze', workflowVersion: '3', status: 'error' },
      { workflow: 'analyze', workflowVersion: '3' },
      { featureFlags: { a: 'canary', b: 'on' }, tags: ['vip'] },
    )
    const rows = async (by: Parameters<typeof metricBreakdown>[3]) =>
      (await metricBreakdown(clickhouse, set, ['error_rate'], by)).map(row => [
        row.key,
        row.traces,
        row.readings.error_rate.value,
      ])
    expect(await rows('workflow')).toEqual([
      ['analyze', 3, 1 / 3],
      ['', 1, 0],
    ])
    expect(await rows('version')).toEqual([
      ['analyze\u001f3', 2, 0.5],
      ['\u001f', 1, 0],
      ['analyze\u001f2', 1, 0],
    ])
    expect(await rows('variant')).toEqual([
      ['a=canary', 1, 0],
      ['b=on', 1, 0],
    ])
    expect(await rows('tag')).toEqual([['vip', 1, 0]])
    expect(await rows('serving')).toEqual([['ai', 4, 0.25]])
  })

  test('under a filter of its own dimension has only the rows that the filter names', async () => {
    const { set } = await projectWith(
      { featureFlags: { a: 'canary', b: 'on' }, tags: ['vip', 'eu'] },
      { featureFlags: { b: 'on' }, tags: ['eu'] },
    )
    const keys = async (by: 'variant' | 'tag', filters: object) =>
      (await metricBreakdown(clickhouse, { ...set, filters }, ['error_rate'], by)).map(row => [row.key, row.traces])
    expect(await keys('variant', { variant: ['a=canary'] })).toEqual([['a=canary', 1]])
    expect(await keys('variant', { tag: ['vip'] })).toEqual([
      ['a=canary', 1],
      ['b=on', 1],
    ])
    expect(await keys('tag', { tag: ['eu', 'none such'] })).toEqual([['eu', 2]])
  })
})
