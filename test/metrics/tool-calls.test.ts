import { expect, test } from 'vitest'
import { hourMs, minuteMs } from '../../db/domain/time.ts'
import { metricBreakdown, metricSeries } from '../../db/metrics.ts'
import { newestCalls, toolErrors } from '../../db/tool-calls.ts'
import { storeSpans, toolCall, trace } from '../factories.ts'
import { mintProject, testStores } from '../setup/context.ts'

const { clickhouse } = testStores()
const now = Date.now()
const ago = (ms: number) => new Date(now - ms)
const set = (projectId: string, tool = 'search', more = {}) => ({
  projectId,
  from: ago(24 * hourMs),
  to: new Date(now + 1000),
  filters: { tool: [tool], ...more },
})
const failed = (statusMessage: string, at = ago(hourMs)) =>
  toolCall({ toolName: 'search', toolOutcome: 'error', statusMessage, at, durationMs: 20 })

test('a tool has its own failures and latency, not those of the traces that called it', async () => {
  const { projectId } = await mintProject()
  const call = (toolName: string, toolOutcome: 'ok' | 'error' | 'empty', durationMs: number) =>
    toolCall({ toolName, toolOutcome, durationMs, at: ago(hourMs) })
  await storeSpans(clickhouse, projectId, [
    ...trace({ at: ago(hourMs), durationMs: 9000 }, [call('search', 'ok', 10), call('refund', 'error', 500)]),
    ...trace({ at: ago(hourMs), durationMs: 9000 }, [call('search', 'empty', 30), call('search', 'ok', 20)]),
  ])
  const all = { projectId, from: ago(24 * hourMs), to: new Date(now + 1000) }
  const rows = await metricBreakdown(clickhouse, all, ['tool_failure_rate', 'latency'], 'tool')
  expect(rows.map(({ key, traces, readings }) => [key, traces, readings.tool_failure_rate, readings.latency])).toEqual([
    [
      'search',
      2,
      { value: 1 / 3, numerator: 1, denominator: 3, users: 0, parts: { failed: 0, empty: 1 } },
      { value: 20, numerator: 60, denominator: 3, users: 0, parts: { p50: 20, p95: 30, p99: 30 } },
    ],
    [
      'refund',
      1,
      { value: 1, numerator: 1, denominator: 1, users: 0, parts: { failed: 1, empty: 0 } },
      { value: 500, numerator: 500, denominator: 1, users: 0, parts: { p50: 500, p95: 500, p99: 500 } },
    ],
  ])
  const { latency } = await metricSeries(clickhouse, set(projectId), ['latency'], 86_400, 'tool')
  expect(latency.map(({ reading }) => reading?.denominator ?? 0).reduce((a, b) => a + b)).toBe(3)
})

test('errors that differ in numbers and ids are one, with the newest to open', async () => {
  const { projectId } = await mintProject()
  const spans = [
    ...trace({ at: ago(3 * hourMs) }, [failed('timeout after 3001 ms (request 7f3a-91bc)', ago(3 * hourMs))]),
    ...trace({ at: ago(hourMs) }, [
      failed('timeout after 2950 ms (request 11cc-0d2e)', ago(hourMs)),
      failed('timeout after 10 ms (request 00)', ago(hourMs - minuteMs)),
      failed('no such index'),
    ]),
  ]
  await storeSpans(clickhouse, projectId, spans)
  await storeSpans(clickhouse, projectId, spans.slice(0, 2))
  const errors = await toolErrors(clickhouse, set(projectId))
  expect(errors).toMatchObject([
    { message: 'timeout after 10 ms (request 00)', calls: 3, traces: 2, lastTrace: spans[2]!.traceId },
    { message: 'no such index', calls: 1 },
  ])
  expect(await toolErrors(clickhouse, set(projectId, 'refund'))).toEqual([])
})

test('the newest failed and empty calls come with what was asked and answered, each once', async () => {
  const { projectId } = await mintProject()
  const empty = toolCall({
    toolName: 'search',
    toolOutcome: 'empty',
    toolArguments: `{"q":"${'x'.repeat(500)}"}`,
    toolResult: '[]',
    at: ago(2 * hourMs),
  })
  const spans = trace({ at: ago(2 * hourMs), userId: 'ann', workflow: 'support', serving: 'ai' }, [
    empty,
    failed('boom'),
    toolCall({ toolName: 'search', at: ago(hourMs) }),
  ])
  await storeSpans(clickhouse, projectId, spans)
  await storeSpans(clickhouse, projectId, spans)
  const { failed: errors, empty: empties } = await newestCalls(clickhouse, set(projectId))
  expect(empties).toMatchObject([
    { traceId: spans[0]!.traceId, spanId: empty.spanId, userId: 'ann', workflow: 'support', result: '[]' },
  ])
  expect(empties[0]!.arguments).toHaveLength(300)
  expect(errors).toMatchObject([{ message: 'boom', durationMs: 20 }])
  const deterministic = set(projectId, 'search', { serving: ['deterministic'] })
  expect(await newestCalls(clickhouse, deterministic)).toEqual({ failed: [], empty: [] })
})

test('shows nothing of another project', async () => {
  const [mine, other] = [await mintProject(), await mintProject()]
  await storeSpans(clickhouse, other.projectId, trace({ at: ago(hourMs) }, [failed('secret')]))
  expect(await toolErrors(clickhouse, set(mine.projectId))).toEqual([])
  expect(await newestCalls(clickhouse, set(mine.projectId))).toEqual({ failed: [], empty: [] })
})
