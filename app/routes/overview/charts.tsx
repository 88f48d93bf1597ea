import { Panel } from '../../components/page.tsx'
import { type ChartSeries, TimeChart } from '../../components/time-chart.tsx'
import { useNarrowRange } from '../traces/use-narrow-range.ts'
import type { OverviewData } from './overview.server.ts'

const statuses: ChartSeries[] = [
  { key: 'ok', label: 'ok', colour: '2', kind: 'bar', stack: 'status' },
  { key: 'running', label: 'not ended', colour: '6', kind: 'bar', stack: 'status' },
  { key: 'interrupted', label: 'interrupted', colour: '1', kind: 'bar', stack: 'status' },
  { key: 'error', label: 'error', colour: 'bad', kind: 'bar', stack: 'status' },
]
const latencies: ChartSeries[] = [
  { key: 'p50', label: 'p50', colour: '2' },
  { key: 'p95', label: 'p95', colour: '1' },
]
const costs: ChartSeries[] = [{ key: 'cost', label: 'known cost', colour: '1', kind: 'area' }]
const tokens: ChartSeries[] = [
  { key: 'input', label: 'in', colour: '2', kind: 'area', stack: 'tokens' },
  { key: 'output', label: 'out', colour: '1', kind: 'area', stack: 'tokens' },
]
const before = (label: string): ChartSeries => ({
  key: 'before',
  label: `${label} before`,
  colour: 'control',
  dashed: true,
})

/** Volume, latency, cost and tokens over time; a window drawn in any of them becomes the page's. */
export function Charts({ volume, series, before: earlier, bucketSeconds }: OverviewData) {
  const narrow = useNarrowRange()
  const shared = { bucketSeconds, onRange: narrow }
  const withBefore = (lines: ChartSeries[], label: string) => (earlier ? [...lines, before(label)] : lines)
  return (
    <section aria-label="Over time" className="grid grid-cols-1 gap-3 lg:grid-cols-2">
      <Panel title="Traces by status">
        <TimeChart
          {...shared}
          label="Traces by status over time"
          unit="count"
          series={withBefore(statuses, 'all')}
          points={volume.map(({ at, ok, error, interrupted, running }, i) => ({
            at,
            ok,
            error,
            interrupted,
            running,
            ...(earlier && { before: earlier.volume[i]?.traces ?? null }),
          }))}
        />
      </Panel>
      <Panel title="Latency">
        <TimeChart
          {...shared}
          label="Latency over time, median and 95th percentile"
          unit="ms"
          series={withBefore(latencies, 'p50')}
          points={series.latency.map(({ at, reading }, i) => ({
            at,
            p50: reading?.parts.p50 ?? null,
            p95: reading?.parts.p95 ?? null,
            ...(earlier && { before: earlier.latency[i]?.reading?.parts.p50 ?? null }),
          }))}
        />
      </Panel>
      <Panel title="Cost">
        <TimeChart
          {...shared}
          label="Known cost over time"
          unit="usd"
          series={withBefore(costs, 'cost')}
          empty={volume.some(({ unknownCost }) => unknownCost > 0) ? 'No known cost in this window.' : undefined}
          points={volume.map(({ at, costUsd }, i) => ({
            at,
            cost: costUsd,
            ...(earlier && { before: earlier.volume[i]?.costUsd ?? null }),
          }))}
        />
      </Panel>
      <Panel title="Tokens">
        <TimeChart
          {...shared}
          label="Tokens over time, in and out"
          unit="count"
          series={withBefore(tokens, 'all')}
          points={volume.map(({ at, inputTokens, outputTokens }, i) => {
            const past = earlier?.volume[i]
            return {
              at,
              input: inputTokens,
              output: outputTokens,
              ...(earlier && { before: past ? past.inputTokens + past.outputTokens : null }),
            }
          })}
        />
      </Panel>
    </section>
  )
}
