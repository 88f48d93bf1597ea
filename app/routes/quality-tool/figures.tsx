import { Link } from '@remix-run/react'
import type { ReactNode } from 'react'
import type { TraceFilters } from '../../../db/domain/trace-filters.ts'
import type { WindowChange } from '../../../db/domain/window-change.ts'
import { ChangeInterval, ChangeWords, intervalWords, reachOf } from '../../components/change-interval.tsx'
import { duration, share, whole } from '../../components/format.ts'
import { Panel } from '../../components/page.tsx'
import { TimeChart } from '../../components/time-chart.tsx'
import { useTracesOf } from '../quality/links.ts'
import type { ToolData, ToolRow } from '../quality/tools.server.ts'
import { weeksBack } from '../quality/window-words.ts'
import { useNarrowRange } from '../traces/use-narrow-range.ts'

/** Calls, failures and latency, with their change on the weeks before. */
export function ToolFigures({ tool, ...data }: Omit<ToolData, 'tool'> & { tool: ToolRow }) {
  const { tool_failure_rate: failures, latency } = tool.readings
  const traces = useTracesOf(data)
  const of = (outcome: 'any' | 'failed' | 'empty'): TraceFilters => ({ tool: [tool.name], tool_outcome: [outcome] })
  return (
    <dl className="grid grid-cols-2 gap-2 sm:grid-cols-3 sm:gap-3 lg:grid-cols-5">
      <Figure name="Calls" to={traces(of('any'))} value={whole(failures.denominator)}>
        in {whole(tool.traces)} traces
      </Figure>
      <Figure name="Failed" to={traces(of('failed'))} value={whole(failures.parts.failed)}>
        {share((failures.parts.failed ?? 0) / failures.denominator)}
      </Figure>
      <Figure name="Empty" to={traces(of('empty'))} value={whole(failures.parts.empty)}>
        {share((failures.parts.empty ?? 0) / failures.denominator)}
      </Figure>
      <Figure name="Failed or empty" value={share(failures.value)}>
        <Change change={tool.failures} />
      </Figure>
      <Figure name="Latency, p50" value={duration(latency.parts.p50)}>
        p95 {duration(latency.parts.p95)}, p99 {duration(latency.parts.p99)}
        <Change change={tool.slowness} />
      </Figure>
    </dl>
  )
}

function Figure({ name, value, to, children }: { name: string; value: string; to?: string; children: ReactNode }) {
  return (
    <div className="min-w-0 rounded-md border border-line bg-surface p-3 max-sm:last:col-span-2">
      <dt className="text-muted text-sm">{name}</dt>
      <dd>
        <span className="block font-semibold text-2xl tracking-tight">
          {to ? (
            <Link to={to} className="hover:underline">
              {value}
            </Link>
          ) : (
            value
          )}
        </span>
        <span className="text-muted text-sm">{children}</span>
      </dd>
    </div>
  )
}

function Change({ change }: { change: WindowChange }) {
  return (
    <span className="mt-1 block">
      <ChangeWords change={change} />
      <ChangeInterval change={change} reach={reachOf([change])} />
      {intervalWords(change)}
    </span>
  )
}

/** Calls by outcome, and latency, over time. */
export function ToolCharts({ outcomes, latency, bucketSeconds, fromMs, beforeFromMs }: ToolData) {
  const narrow = useNarrowRange()
  return (
    <section aria-label="Over time" className="grid grid-cols-1 gap-3 lg:grid-cols-2">
      <Panel title="Calls by outcome">
        <TimeChart
          label="Calls by outcome over time"
          unit="count"
          bucketSeconds={bucketSeconds}
          onRange={narrow}
          series={[
            { key: 'ok', label: 'ok', colour: '2', kind: 'bar', stack: 'outcome' },
            { key: 'empty', label: 'empty', colour: '1', kind: 'bar', stack: 'outcome' },
            { key: 'failed', label: 'failed', colour: 'bad', kind: 'bar', stack: 'outcome' },
          ]}
          points={outcomes.map(({ at, reading }) => {
            const [failed, empty] = [reading?.parts.failed ?? 0, reading?.parts.empty ?? 0]
            return { at, failed, empty, ok: (reading?.denominator ?? 0) - failed - empty }
          })}
        />
      </Panel>
      <Panel title="Latency">
        <TimeChart
          label="Latency over time, median and 95th percentile"
          unit="ms"
          bucketSeconds={bucketSeconds}
          onRange={narrow}
          series={[
            { key: 'p50', label: 'p50', colour: '2' },
            { key: 'p95', label: 'p95', colour: '1' },
            { key: 'before', label: `p50 ${weeksBack(fromMs, beforeFromMs)}`, colour: 'control', dashed: true },
          ]}
          points={latency.map(({ at, now, before }) => ({
            at,
            p50: now?.parts.p50 ?? null,
            p95: now?.parts.p95 ?? null,
            before: before?.parts.p50 ?? null,
          }))}
        />
      </Panel>
    </section>
  )
}
