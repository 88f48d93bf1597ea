import { readQuality } from '../app/routes/quality/quality.server.ts'
import { readTools } from '../app/routes/quality/tools.server.ts'
import { metricIds } from '../db/domain/metrics.ts'
import { dayMs } from '../db/domain/time.ts'
import { metricBreakdown, metricSeries, readMetric, readMetrics } from '../db/metrics.ts'
import { createProject } from '../db/projects.ts'
import { readWindows } from '../db/user-sums.ts'
import { readWeeks, watchedMetrics } from '../db/week-over-week.ts'
import { cpuSeconds } from './processes.ts'
import { withStores } from './stores.ts'
import { fillTraces } from './synthetic-traces.ts'

export const defaultAmount = 300_000
const days = 30
const rounds = 9

/** How long the figures of a month's traces take to read, one reader at a time. */
export async function bench(traces: number) {
  await withStores(async ({ clickhouse, postgres }) => {
    const projectId = await createProject(postgres, { name: 'Bench' })
    const end = new Date()
    const began = performance.now()
    const made = await fillTraces(clickhouse, { projectId, traces, days, end })
    const seconds = ((performance.now() - began) / 1000).toFixed(0)
    console.log(`${traces} traces, ${made.spans} spans, ${made.signals} signals over ${days} days, in ${seconds} s`)
    const set = (back: number) => ({ projectId, from: new Date(end.getTime() - back * dayMs), to: end })
    const before = (back: number) => ({
      from: new Date(end.getTime() - 2 * back * dayMs),
      to: new Date(end.getTime() - back * dayMs),
    })
    const ai = { ...set(30), filters: { serving: ['ai'] } }
    const work: Record<string, () => Promise<unknown>> = {
      'one value, 30 days': () => readMetric(clickhouse, set(30), 'error_rate'),
      'one value, 7 days': () => readMetric(clickhouse, set(7), 'error_rate'),
      'feedback, 30 days': () => readMetric(clickhouse, set(30), 'negative_feedback_rate'),
      'all values, 30 days': () => readMetrics(clickhouse, ai, metricIds),
      'all values, 7 days': () => readMetrics(clickhouse, { ...ai, ...set(7) }, metricIds),
      'series by day, 30 days': () => metricSeries(clickhouse, ai, ['latency'], 86_400),
      'breakdown by model, 30 days': () => metricBreakdown(clickhouse, ai, ['latency'], 'model'),
      'breakdown by tool, 30 days': () => metricBreakdown(clickhouse, ai, ['tool_failure_rate'], 'tool'),
      'week over week, feedback': () =>
        readWeeks(clickhouse, { projectId, metric: 'negative_feedback_rate', now: end }),
      'week over week, latency': () => readWeeks(clickhouse, { projectId, metric: 'latency', now: end }),
      'week over week, all five': () =>
        readWindows(clickhouse, { set: { projectId }, current: set(7), baseline: before(7) }, watchedMetrics),
      'week over week, all five by model': () =>
        readWindows(clickhouse, { set: { projectId }, current: set(7), baseline: before(7) }, watchedMetrics, 'model'),
      'page Quality, 7 days': () => readQuality(clickhouse, projectId, new URLSearchParams(), end),
      'page Quality, 7 days by model': () =>
        readQuality(clickhouse, projectId, new URLSearchParams({ metric: 'latency', by: 'model' }), end),
      'page Tools, 7 days': () => readTools(clickhouse, projectId, new URLSearchParams(), end),
      'week over week, cost': () => readWeeks(clickhouse, { projectId, metric: 'cost_per_session', now: end }),
    }
    const told: object[] = []
    for (const [what, read] of Object.entries(work)) told.push({ what, ...(await measure(read)) })
    console.table(told)
  })
}

/** Wall time counts what else the machine does; the store's CPU time does not, and is cut to 10 ms by the system. */
async function measure(read: () => Promise<unknown>) {
  await read()
  const times: number[] = []
  const cpu = cpuSeconds().store
  for (let i = 0; i < rounds; i++) {
    const start = performance.now()
    await read()
    times.push(performance.now() - start)
  }
  const storeMs = ((cpuSeconds().store - cpu) * 1000) / rounds
  times.sort((a, b) => a - b)
  const at = (place: number) => Math.round(times[place] ?? 0)
  return {
    'fastest ms': at(0),
    'median ms': at(rounds >> 1),
    'slowest ms': at(rounds - 1),
    'CPU of the store ms': Math.round(storeMs),
  }
}
