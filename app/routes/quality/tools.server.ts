import type { ClickHouse } from '../../../db/clickhouse.ts'
import { metricById } from '../../../db/domain/metrics.ts'
import { bucketSeconds } from '../../../db/domain/time.ts'
import { judgeChange } from '../../../db/domain/window-change.ts'
import { metricBreakdown, metricSeries } from '../../../db/metrics.ts'
import { newestCalls, toolErrors } from '../../../db/tool-calls.ts'
import { readWindows } from '../../../db/user-sums.ts'
import { hasTraces } from '../../../db/volume.ts'
import { nothing, overlaid, readWindow, windowOf } from './quality.server.ts'

const ids = ['tool_failure_rate', 'latency'] as const

/** A row a tool: its own calls, failures and latency, and their change on the weeks before. */
export async function readTools(clickhouse: ClickHouse, projectId: string, params: URLSearchParams, now: Date) {
  const { range, before, filters, set } = readWindow(projectId, params, now)
  const windows = { set: { projectId, filters }, current: range, baseline: before }
  const [seen, rows, sums] = await Promise.all([
    hasTraces(clickhouse, projectId),
    metricBreakdown(clickhouse, set, ids, 'tool', 200),
    readWindows(clickhouse, windows, ids, 'tool'),
  ])
  const tools = rows.map(({ key, traces, readings }) => {
    const both = sums.get(key)
    return {
      name: key,
      traces,
      readings,
      failures: both ? judgeChange(metricById('tool_failure_rate'), both.tool_failure_rate) : nothing,
      slowness: both ? judgeChange(metricById('latency'), both.latency) : nothing,
    }
  })
  const byCalls = tools.toSorted((a, b) => calls(b) - calls(a) || a.name.localeCompare(b.name))
  return { seen, ...windowOf(range, before), filters, tools: byCalls }
}

const calls = (tool: { readings: { tool_failure_rate: { denominator: number } } }) =>
  tool.readings.tool_failure_rate.denominator

export type ToolsData = Awaited<ReturnType<typeof readTools>>
export type ToolRow = ToolsData['tools'][number]

/** One tool: the same, over time, and what its failed and empty calls were. */
export async function readTool(clickhouse: ClickHouse, projectId: string, params: URLSearchParams, now: Date) {
  const name = params.get('tool') ?? ''
  const asked = new URLSearchParams(params)
  asked.set('tool', name)
  const { range, set, setBefore } = readWindow(projectId, asked, now)
  const seconds = bucketSeconds(range, 48)
  const [tools, series, seriesBefore, errors, calls] = await Promise.all([
    readTools(clickhouse, projectId, asked, now),
    metricSeries(clickhouse, set, ids, seconds, 'tool'),
    metricSeries(clickhouse, setBefore, ['latency'], seconds, 'tool'),
    toolErrors(clickhouse, set),
    newestCalls(clickhouse, set),
  ])
  const { tools: rows, ...shared } = tools
  const tool = rows.find(row => row.name === name)
  const latency = overlaid(series.latency, seriesBefore.latency, range, seconds)
  return {
    ...shared,
    name,
    tool,
    bucketSeconds: seconds,
    outcomes: series.tool_failure_rate,
    latency,
    errors,
    ...calls,
  }
}

export type ToolData = Awaited<ReturnType<typeof readTool>>
