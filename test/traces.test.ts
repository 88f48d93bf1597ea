import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { snippet } from '../db/domain/snippet.ts'
import { hourMs, minuteMs } from '../db/domain/time.ts'
import type { TraceFilters } from '../db/domain/trace-filters.ts'
import { sessionTraces } from '../db/sessions.ts'
import { traceColumns, traceSet } from '../db/trace-set.ts'
import { exportSpans, getSpan, listSpans } from '../db/trace-spans.ts'
import { findTrace, listTraces, traceFacets } from '../db/traces.ts'
import { hasTraces, readTotals, volumeSeries } from '../db/volume.ts'
import {
  collect,
  insertSignals,
  modelCall,
  newSpanId,
  newTraceId,
  span,
  storeSpans,
  toolCall,
  trace,
} from './factories.ts'
import { mintProject, testStores } from './setup/context.ts'

const { clickhouse } = testStores()

const now = Date.now()
const ago = (ms: number) => new Date(now - ms)
const day = { from: ago(24 * hourMs), to: new Date(now + 1000) }
const setOf = (projectId: string, filters: TraceFilters = {}) => ({ projectId, ...day, filters })

async function namesOf(projectId: string, filters: TraceFilters = {}) {
  const { traces } = await listTraces(clickhouse, setOf(projectId, filters))
  return traces.map(({ name }) => name)
}

test('a list shows the last question of a conversation, not the prompt that it begins with', async () => {
  const { projectId } = await mintProject()
  const prompt = 'You are the support agent of a parcel service. '.repeat(40)
  const told = [
    { role: 'system', content: prompt },
    { role: 'user', content: 'Where is it?' },
    { role: 'assistant', content: 'On its way. '.repeat(60) },
  ]
  const asked = (question: unknown) => [...told, { role: 'user', content: question }]
  const parts = [{ type: 'text', content: 'Is it "late", äöü?' }]
  const inputs = {
    spaced: JSON.stringify(asked('And my refund?'), null, 1).replace(/\n\s*/g, ' ').replaceAll('{ "', '{"'),
    dense: JSON.stringify(asked('And my refund?')),
    within: JSON.stringify({ messages: asked('And my refund?') }),
    parts: JSON.stringify([
      { role: 'system', parts },
      { role: 'user', parts },
    ]),
    long: JSON.stringify(asked('Why? '.repeat(200))),
    only: JSON.stringify([{ role: 'system', content: 'Say something.' }]),
    plain: 'Where is my parcel?',
  }
  expect(inputs.spaced).toContain('{"role": "user"')
  await storeSpans(
    clickhouse,
    projectId,
    Object.entries(inputs).flatMap(([name, input]) => trace({ name, input, at: ago(hourMs) })),
  )
  const { traces } = await listTraces(clickhouse, setOf(projectId))
  const shown = Object.fromEntries(traces.map(({ name, input }) => [name, snippet(input, 'user')]))
  const { long, ...others } = shown
  expect(others).toEqual({
    spaced: 'And my refund?',
    dense: 'And my refund?',
    within: 'And my refund?',
    parts: 'Is it "late", äöü?',
    only: 'Say something.',
    plain: 'Where is my parcel?',
  })
  expect(long).toMatch(/^(Why\? ){40,60}/)
})

describe('the columns of a set', () => {
  test('are the same when one is asked for alone as among all', async () => {
    const { projectId } = await mintProject()
    const [good, bad] = [
      trace({ at: ago(hourMs), userId: 'ann', workflow: 'analyze', sessionId: 's', featureFlags: { a: 'canary' } }, [
        modelCall({ at: ago(hourMs), costUsd: 0.002 }),
        toolCall({ at: ago(hourMs), toolName: 'refund', toolOutcome: 'error' }),
      ]),
      trace({ at: ago(2 * hourMs), status: 'error' }),
    ]
    await storeSpans(clickhouse, projectId, [...good, ...bad])
    await insertSignals(clickhouse, projectId, [
      { traceId: good[0]!.traceId, kind: 'thumb', value: 0, polarity: -1, at: ago(hourMs) },
    ])
    const read = async (wanted: readonly string[], naming?: string) => {
      const { ctes, params } = traceSet(setOf(projectId), naming)
      const sql = `${ctes} select ${wanted.map(name => `toString(${name}) as ${name}`)} from trace_set order by started`
      return clickhouse.query({ sql, params, row: z.record(z.string(), z.string()) })
    }
    const whole = await read(traceColumns)
    expect(whole).toHaveLength(2)
    for (const name of traceColumns) expect(await read([name], name)).toEqual(whole.map(row => ({ [name]: row[name] })))
  })

  test('are narrowed by filters on others', async () => {
    const { projectId } = await mintProject()
    await storeSpans(clickhouse, projectId, [
      ...trace({ at: ago(hourMs), status: 'error' }),
      ...trace({ at: ago(hourMs), status: 'ok' }),
    ])
    const { ctes, params } = traceSet(setOf(projectId, { status: ['error'], feedback: ['none'] }), '')
    expect(
      await clickhouse.query({ sql: `${ctes} select trace_id from trace_set`, params, row: z.unknown() }),
    ).toHaveLength(1)
  })
})

describe('the list of traces', () => {
  test('sums a trace over its spans, newest first, without payloads', async () => {
    const { projectId } = await mintProject()
    const older = trace({ name: 'older', at: ago(2 * hourMs), input: 'x'.repeat(5000) })
    const newer = trace(
      {
        name: 'newer',
        at: ago(hourMs),
        durationMs: 4820,
        workflow: 'analyze',
        workflowVersion: '3',
        userId: 'ann',
        sessionId: 's1',
        runId: 'run1',
        serving: 'ai',
        environment: 'production',
        release: '1.4.0',
        featureFlags: { support: 'canary' },
        input: 'How long may I return it?',
        output: '30 days.',
        ttftMs: 320,
      },
      [
        modelCall({ at: ago(hourMs), costUsd: 0.002 }),
        modelCall({ at: ago(hourMs), costUsd: null, model: 'house-model-2026-01-01' }),
        toolCall({ at: ago(hourMs), toolName: 'search_kb', toolOutcome: 'empty' }),
        toolCall({ at: ago(hourMs), toolName: 'refund', toolOutcome: 'error', status: 'error' }),
      ],
    )
    await storeSpans(clickhouse, projectId, [...older, ...newer])
    const { traces, next } = await listTraces(clickhouse, setOf(projectId))
    expect(traces.map(({ name }) => name)).toEqual(['newer', 'older'])
    expect(next).toBeNull()
    expect(traces[0]).toMatchObject({
      traceId: newer[0]!.traceId,
      startedNs: String(newer[0]!.startNs),
      startedMs: now - hourMs,
      status: 'ok',
      durationMs: 4820,
      spans: 5,
      errors: 1,
      llmCalls: 2,
      toolCalls: 2,
      toolsFailed: 1,
      toolsEmpty: 1,
      inputTokens: 1800,
      outputTokens: 200,
      costUsd: 0.002,
      callsOfUnknownCost: 1,
      callsOfUnknownUsage: 0,
      ttftMs: 320,
      sessionId: 's1',
      userId: 'ann',
      workflow: 'analyze',
      workflowVersion: '3',
      runId: 'run1',
      serving: 'ai',
      environment: 'production',
      release: '1.4.0',
      variants: ['support=canary'],
      models: ['gpt-4.1-mini-2025-04-14', 'house-model-2026-01-01'],
      tools: ['refund', 'search_kb'],
      input: 'How long may I return it?',
      output: '30 days.',
    })
    expect(traces[1]?.input).toHaveLength(300)
  })

  test('counts answers of models that tell no tokens, whose cost is then not all known', async () => {
    const { projectId } = await mintProject()
    const silent = { costUsd: null, inputTokens: 0, outputTokens: 0 }
    const spans = trace({ name: 'half told', at: ago(hourMs) }, [
      modelCall({ at: ago(hourMs), costUsd: 0.002 }),
      modelCall({ at: ago(hourMs), ...silent }),
      modelCall({ at: ago(hourMs), ...silent, status: 'error' }),
      modelCall({ at: ago(hourMs), ...silent, costUsd: 0.001 }),
      toolCall({ at: ago(hourMs), toolName: 'search_kb' }),
    ])
    await storeSpans(clickhouse, projectId, spans)
    const listed = async (cost: string) => (await listTraces(clickhouse, setOf(projectId, { cost: [cost] }))).traces
    expect(await listed('unknown')).toMatchObject([{ costUsd: 0.003, callsOfUnknownCost: 0, callsOfUnknownUsage: 1 }])
    expect(await listed('known')).toEqual([])
  })

  test('pages through every trace once, by cursor, also where many began in the same nanosecond', async () => {
    const { projectId } = await mintProject()
    const together = ago(3 * hourMs)
    const at = (i: number) => (i < 30 ? together : ago(3 * hourMs + i * 20 * minuteMs))
    await storeSpans(
      clickhouse,
      projectId,
      Array.from({ length: 60 }, (_, i) => span({ name: `t${i}`, at: at(i) })),
    )
    const seen: string[] = []
    let cursor: string | null = null
    do {
      const page: Awaited<ReturnType<typeof listTraces>> = await listTraces(clickhouse, setOf(projectId), {
        cursor,
        limit: 7,
      })
      seen.push(...page.traces.map(({ name }) => name))
      cursor = page.next
    } while (cursor)
    expect(seen).toHaveLength(60)
    expect(new Set(seen).size).toBe(60)
    expect(seen.slice(30)).toEqual(Array.from({ length: 30 }, (_, i) => `t${i + 30}`))
  })

  test('a cursor that is none starts from the newest', async () => {
    const { projectId } = await mintProject()
    await storeSpans(clickhouse, projectId, [span({ name: 'a', at: ago(1000) })])
    const { traces } = await listTraces(clickhouse, setOf(projectId), { cursor: "9' or 1=1" })
    expect(traces).toHaveLength(1)
  })

  test('a trace whose spans lie in two hours is one, and belongs to the hour in which it began', async () => {
    const { projectId } = await mintProject()
    const border = new Date(Math.floor(now / hourMs) * hourMs - 2 * hourMs)
    const before = new Date(border.getTime() - 5 * minuteMs)
    const [root, child] = trace({ at: before, durationMs: 600_000 }, [
      modelCall({ at: new Date(border.getTime() + minuteMs), costUsd: 0.5 }),
    ])
    await storeSpans(clickhouse, projectId, [root!, child!])
    const list = (from: Date, to: Date) => listTraces(clickhouse, { projectId, from, to }).then(page => page.traces)
    const first = await list(new Date(border.getTime() - hourMs), border)
    expect(first).toHaveLength(1)
    expect(first[0]).toMatchObject({ spans: 2, costUsd: 0.5, durationMs: 600_000 })
    expect(await list(border, new Date(border.getTime() + hourMs))).toEqual([])
    expect(await list(new Date(border.getTime() - hourMs), new Date(border.getTime() + hourMs))).toHaveLength(1)
  })

  test('a trace without its root is running, then incomplete, and itself again when the root comes late', async () => {
    const { projectId } = await mintProject()
    const [root, child] = trace({ name: 'late', at: ago(30 * minuteMs), durationMs: 5000 }, [
      modelCall({ at: ago(30 * minuteMs - 1000) }),
    ])
    const [, fresh] = trace({ at: ago(3000) }, [modelCall({ at: ago(2000), durationMs: 500 })])
    await storeSpans(clickhouse, projectId, [child!, fresh!])
    const statuses = async () => (await listTraces(clickhouse, setOf(projectId))).traces.map(({ status }) => status)
    expect(await statuses()).toEqual(['running', 'incomplete'])
    await storeSpans(clickhouse, projectId, [root!])
    expect(await statuses()).toEqual(['running', 'ok'])
    const { traces } = await listTraces(clickhouse, setOf(projectId))
    expect(traces[1]).toMatchObject({ name: 'late', durationMs: 5000, spans: 2 })
  })

  test('a trace without its root that stopped for a human is interrupted, and ended is told with its pause', async () => {
    const { projectId } = await mintProject()
    const at = ago(40 * minuteMs)
    const [root, attempt] = trace({ at, durationMs: 1_900_000, attributes: { 'davylamp.paused_ms': '1860000' } }, [
      span({ at, durationMs: 20_000, status: 'interrupted', name: 'invoke_agent' }),
    ])
    await storeSpans(clickhouse, projectId, [attempt!])
    const read = async () => (await listTraces(clickhouse, setOf(projectId))).traces[0]
    expect(await read()).toMatchObject({ status: 'interrupted' })
    await storeSpans(clickhouse, projectId, [root!])
    expect(await read()).toMatchObject({ status: 'ok', durationMs: 1_900_000, pausedMs: 1_860_000 })
    const slower = async (ms: string) => (await namesOf(projectId, { slower: [ms] })).length
    expect([await slower('39999'), await slower('40000')]).toEqual([1, 0])
  })

  test('shows nothing of another project', async () => {
    const [mine, other] = [await mintProject(), await mintProject()]
    const spans = trace({ at: ago(1000), sessionId: 's' }, [modelCall({ at: ago(900) })])
    await storeSpans(clickhouse, other.projectId, spans)
    await insertSignals(clickhouse, other.projectId, [{ traceId: spans[0]!.traceId, kind: 'thumbs', polarity: -1 }])
    const traceId = spans[0]!.traceId
    const window = { projectId: mine.projectId, traceId, fromMs: now - hourMs, toMs: now }
    expect((await listTraces(clickhouse, setOf(mine.projectId))).traces).toEqual([])
    expect(await findTrace(clickhouse, { projectId: mine.projectId, traceId })).toBeNull()
    expect(await listSpans(clickhouse, window)).toEqual([])
    expect(await collect(exportSpans(clickhouse, window))).toEqual([])
    expect(await getSpan(clickhouse, { ...window, spanId: spans[0]!.spanId })).toBeNull()
    expect(await readTotals(clickhouse, setOf(mine.projectId))).toMatchObject({ traces: 0, users: 0, costUsd: 0 })
    expect((await traceFacets(clickhouse, setOf(mine.projectId))).model).toEqual([])
    const session = { projectId: mine.projectId, sessionId: 's', aroundMs: now }
    expect(await sessionTraces(clickhouse, session)).toEqual([])
    expect(await hasTraces(clickhouse, mine.projectId)).toBe(false)
    expect(await hasTraces(clickhouse, other.projectId)).toBe(true)
  })

  test('a signal of another project on the same trace id changes nothing', async () => {
    const [mine, other] = [await mintProject(), await mintProject()]
    const spans = trace({ at: ago(1000) })
    await storeSpans(clickhouse, mine.projectId, spans)
    await insertSignals(clickhouse, other.projectId, [{ traceId: spans[0]!.traceId, kind: 'thumbs', polarity: -1 }])
    expect((await listTraces(clickhouse, setOf(mine.projectId))).traces[0]).toMatchObject({ negative: 0 })
  })
})

describe('filters', () => {
  const filled = (async () => {
    const { projectId } = await mintProject()
    const at = ago(20 * minuteMs)
    const plain = trace({ name: 'plain', at })
    const rich = trace(
      {
        name: 'rich',
        at,
        status: 'error',
        durationMs: 9000,
        workflow: 'analyze',
        workflowVersion: '3',
        userId: 'ann',
        sessionId: 's1',
        environment: 'production',
        release: '1.4.0',
        service: 'support',
        serving: 'deterministic',
        tags: ['vip'],
        featureFlags: { support: 'canary' },
        input: 'What is the Refund window?',
      },
      [
        modelCall({ at, model: 'claude-sonnet-4-5-20250929', costUsd: null }),
        toolCall({ at, toolName: 'search_kb', toolOutcome: 'empty', toolResult: '{"rows": []}' }),
        toolCall({ at, toolName: 'refund', toolOutcome: 'error', toolArguments: '{"order":"A-1007"}' }),
      ],
    )
    const praised = trace({ name: 'praised', at }, [toolCall({ at, toolName: 'search_kb' })])
    const running = trace({ at: ago(2000) }, [span({ at: ago(1000), name: 'still at it' })]).slice(1)
    const paused = trace({ name: 'paused', at, status: 'interrupted' })
    const rescued = trace({ name: 'rescued', at, status: 'error' })
    await storeSpans(clickhouse, projectId, [...plain, ...rich, ...praised, ...running, ...paused, ...rescued])
    await insertSignals(clickhouse, projectId, [
      { traceId: rich[0]!.traceId, kind: 'thumbs', value: -1, polarity: -1, comment: 'wrong refund window' },
      { traceId: praised[0]!.traceId, kind: 'accept', polarity: 1 },
      { traceId: plain[0]!.traceId, kind: 'comment', comment: 'hm' },
      { traceId: rescued[0]!.traceId, kind: 'completion', value: 1 },
    ])
    return { projectId, rich }
  })()

  test.each<[TraceFilters, string[]]>([
    [{}, ['paused', 'plain', 'praised', 'rescued', 'rich', '']],
    [{ feedback: ['negative'] }, ['rich']],
    [{ feedback: ['positive'] }, ['praised']],
    [{ feedback: ['any'] }, ['praised', 'rich']],
    [{ feedback: ['none'] }, ['paused', 'plain', 'rescued', '']],
    [{ feedback: ['negative', 'positive'] }, ['praised', 'rich']],
    [{ status: ['ok'] }, ['plain', 'praised']],
    [{ status: ['error'] }, ['rescued', 'rich']],
    [{ status: ['interrupted', 'running'] }, ['paused', '']],
    [{ completed: ['yes'] }, ['plain', 'praised', 'rescued']],
    [{ completed: ['no'] }, ['paused', 'rich']],
    [{ completed: ['yes', 'no'] }, ['paused', 'plain', 'praised', 'rescued', 'rich']],
    [{ action: ['yes'] }, ['praised']],
    [{ action: ['no'], feedback: ['any'] }, ['rich']],
    [{ tool_outcome: ['failed'] }, ['rich']],
    [{ tool_outcome: ['empty'] }, ['rich']],
    [{ tool_outcome: ['any'] }, ['praised', 'rich']],
    [{ tool: ['search_kb'] }, ['praised', 'rich']],
    [{ tool: ['search_kb'], tool_outcome: ['empty'] }, ['rich']],
    [{ tool: ['search_kb'], tool_outcome: ['failed'] }, []],
    [{ tool: ['refund'], tool_outcome: ['failed', 'empty'] }, ['rich']],
    [{ serving: ['deterministic'] }, ['rich']],
    [{ serving: ['ai'], status: ['error'] }, ['rescued']],
    [{ timed: ['latency'] }, ['paused', 'plain', 'praised', 'rescued', 'rich']],
    [{ timed: ['first token'] }, []],
    [{ workflow: ['(none)'], status: ['error'] }, ['rescued']],
    [{ workflow: ['(none)', 'analyze'], status: ['error'] }, ['rescued', 'rich']],
    [{ cost: ['unknown'] }, ['rich']],
    [{ cost: ['known'], tool: ['refund'] }, []],
    [{ workflow: ['analyze', 'other'] }, ['rich']],
    [{ workflow: ['other'] }, []],
    [{ version: ['3'] }, ['rich']],
    [{ model: ['claude-sonnet-4-5-20250929'] }, ['rich']],
    [{ variant: ['support=canary'] }, ['rich']],
    [{ variant: ['support=control'] }, []],
    [{ user: ['ann'] }, ['rich']],
    [{ session: ['s1'] }, ['rich']],
    [{ environment: ['production'] }, ['rich']],
    [{ release: ['1.4.0'] }, ['rich']],
    [{ service: ['support'] }, ['rich']],
    [{ tag: ['vip'] }, ['rich']],
    [{ name: ['plain', 'praised'] }, ['plain', 'praised']],
    [{ slower: ['5000'] }, ['rich']],
    [{ slower: ['9000'] }, []],
    [{ q: ['refund'] }, ['rich']],
    [{ q: ['WINDOW refund'] }, ['rich']],
    [{ q: ['"window refund"'] }, []],
    [{ q: ['"refund window"'] }, ['rich']],
    [{ q: ['a-1007'] }, ['rich']],
    [{ q: ["it's 100% {x:String} \\ '"] }, []],
    [{ user: ["ann' or 1=1 --"] }, []],
  ])('%j', async (filters, names) => {
    const { projectId } = await filled
    expect((await namesOf(projectId, filters)).toSorted()).toEqual(names.toSorted())
  })

  test('a trace id or span id pasted into the search finds its trace', async () => {
    const { projectId, rich } = await filled
    expect(await namesOf(projectId, { q: [rich[0]!.traceId.toUpperCase()] })).toEqual(['rich'])
    expect(await namesOf(projectId, { q: [rich[2]!.spanId] })).toEqual(['rich'])
  })

  test('words are found however a client wrote them into JSON', async () => {
    const { projectId } = await mintProject()
    const said = (name: string, content: string) =>
      span({ name, input: `[{"role":"user","content":${content}}]`, at: ago(30 * minuteMs) })
    await storeSpans(clickhouse, projectId, [
      said('utf-8', JSON.stringify('Größe und "Übermaß"')),
      said('ascii', String.raw`"Gr\u00f6\u00dfe und \"\u00dcberma\u00df\""`),
      said('chinese', String.raw`"\u9000\u6b3e \ud83d\udc4d"`),
      said('other', '"Groesse"'),
    ])
    const found = async (q: string) => (await namesOf(projectId, { q: [q] })).toSorted()
    for (const q of ['Größe', 'größe', 'Übermaß', 'übermaß größe', 'ÜBERMAß', '"und "Über']) {
      expect([q, await found(q)]).toEqual([q, ['ascii', 'utf-8']])
    }
    expect(await found('退款')).toEqual(['chinese'])
    expect(await found('👍')).toEqual(['chinese'])
    expect(await found('Grüße')).toEqual([])
  })

  test('facets count traces by what they can be filtered by', async () => {
    const { projectId } = await filled
    const facets = await traceFacets(clickhouse, setOf(projectId))
    expect(facets.tool).toEqual([
      { value: 'search_kb', traces: 2 },
      { value: 'refund', traces: 1 },
    ])
    expect(facets.variant).toEqual([{ value: 'support=canary', traces: 1 }])
    expect(facets.service).toEqual([
      { value: 'shop', traces: 5 },
      { value: 'support', traces: 1 },
    ])
    expect(facets.user).toEqual([{ value: 'ann', traces: 1 }])
  })

  test('volume counts each trace once, by status, with 0 for an empty bucket', async () => {
    const { projectId } = await filled
    const series = await volumeSeries(clickhouse, setOf(projectId), 3600)
    const sum = (key: 'traces' | 'ok' | 'error' | 'interrupted' | 'running' | 'unknownCost') =>
      series.reduce((total, point) => total + point[key], 0)
    expect(series.length).toBeGreaterThanOrEqual(24)
    expect(series[0]).toMatchObject({ traces: 0, costUsd: 0 })
    expect(['traces', 'ok', 'error', 'interrupted', 'running', 'unknownCost'].map(key => sum(key as 'ok'))).toEqual([
      6, 2, 2, 1, 1, 1,
    ])
    expect(await readTotals(clickhouse, setOf(projectId))).toMatchObject({
      traces: 6,
      users: 1,
      sessions: 1,
      ai: 5,
      deterministic: 1,
      unknownCost: 1,
    })
  })
})

describe('one trace', () => {
  test('is found by its bare id, however long ago and however long it took', async () => {
    const { projectId } = await mintProject()
    const traceId = newTraceId()
    const old = ago(100 * 24 * hourMs)
    const [root] = trace({ traceId, name: 'paused for days', at: old, durationMs: 1000 })
    const resumed = modelCall({ traceId, parentSpanId: root!.spanId, at: ago(97 * 24 * hourMs), costUsd: 0.25 })
    await storeSpans(clickhouse, projectId, [root!, resumed])
    const found = await findTrace(clickhouse, { projectId, traceId })
    expect(found).toMatchObject({ name: 'paused for days', spans: 2, costUsd: 0.25, startedMs: old.getTime() })
    expect(await findTrace(clickhouse, { projectId, traceId: newTraceId() })).toBeNull()
  })

  test('lists its spans once and by start, without payloads, whatever order they came in', async () => {
    const { projectId } = await mintProject()
    const traceId = newTraceId()
    const [a, b, c] = [3000, 2000, 1000].map((ms, i) =>
      span({ traceId, name: `s${i}`, at: ago(ms), input: 'secret', parentSpanId: i === 0 ? '' : newSpanId() }),
    )
    await storeSpans(clickhouse, projectId, [c!, a!])
    await storeSpans(clickhouse, projectId, [b!])
    const window = { projectId, traceId, fromMs: now - 3000, toMs: now }
    const spans = await listSpans(clickhouse, window)
    expect(spans.map(({ name }) => name)).toEqual(['s0', 's1', 's2'])
    expect(JSON.stringify(spans)).not.toContain('secret')
  })

  test('gives a span whole, with 64-bit times and every attribute', async () => {
    const { projectId } = await mintProject()
    const startNs = BigInt(now) * 1_000_000n - 1_999_999_877n
    const input = 'Grüße 👋 \u2028'.repeat(30_000)
    const sent = modelCall({
      startNs,
      durationMs: 0.000_123,
      input,
      output: '"x"',
      ttftMs: 12.5,
      status: 'error',
      statusMessage: 'rate limited',
      attributes: { 'app.order': '"A-1007"', 'app.big': '12345678901234567890' },
      resource: { 'service.name': '"shop"' },
      events: [{ name: 'exception', timeNs: startNs + 1n, attributes: { 'exception.type': '"Boom"' } }],
      links: [{ traceId: newTraceId(), spanId: newSpanId(), attributes: {} }],
      droppedEvents: 2,
      clockFlags: ['end_before_start'],
      costUsd: null,
    })
    await storeSpans(clickhouse, projectId, [sent])
    const window = { projectId, traceId: sent.traceId, fromMs: now - 2000, toMs: now }
    const read = await getSpan(clickhouse, { ...window, spanId: sent.spanId })
    expect(read).toMatchObject({
      startNs: String(startNs),
      endNs: String(startNs + 123n),
      input,
      output: '"x"',
      ttftMs: 12.5,
      costUsd: null,
      costSource: 'unknown',
      statusMessage: 'rate limited',
      attributes: sent.attributes,
      resource: sent.resource,
      events: [{ name: 'exception', timeNs: String(startNs + 1n), attributes: { 'exception.type': '"Boom"' } }],
      links: sent.links,
      droppedEvents: 2,
      clockFlags: ['end_before_start'],
    })
    expect(await collect(exportSpans(clickhouse, window))).toEqual([read])
    expect(await getSpan(clickhouse, { ...window, spanId: newSpanId() })).toBeNull()
  })

  test('knows the traces of its session, oldest first', async () => {
    const { projectId } = await mintProject()
    const turn = (name: string, ms: number, sessionId: string) => span({ name, at: ago(ms), sessionId })
    await storeSpans(clickhouse, projectId, [
      turn('second', 1000, 's'),
      turn('first', 60_000, 's'),
      turn('else', 500, 't'),
    ])
    const traces = await sessionTraces(clickhouse, { projectId, sessionId: 's', aroundMs: now })
    expect(traces.map(({ name }) => name)).toEqual(['first', 'second'])
  })
})
