import { Link } from '@remix-run/react'
import type { ReactNode } from 'react'
import { type MetricId, metricById } from '../../../db/domain/metrics.ts'
import { timePresets } from '../../../db/domain/time.ts'
import type { TraceFilters } from '../../../db/domain/trace-filters.ts'
import { delta, duration, share, usd, whole } from '../../components/format.ts'
import { MetricCard } from '../../components/metric-card.tsx'
import { useTracesLink } from './links.ts'
import type { OverviewData } from './overview.server.ts'

type CardMetric = keyof OverviewData['readings']

/** The five metrics: value, what it is a share of, the change on the period before, and its course. */
export function MetricCards({ readings, readingsBefore, series, filters, preset }: OverviewData) {
  const link = useTracesLink(filters)
  const against = periodBefore(preset)
  const worse = (id: MetricId) => {
    const direction = metricById(id).worse
    return direction === 'guard' ? ('neither' as const) : direction
  }
  const cardOf = (id: CardMetric) => ({
    label: metricById(id).label,
    delta: delta(readings[id].value, readingsBefore[id].value, worse(id)),
    against,
    series: series[id].map(point => point.reading?.value ?? null),
  })
  const feedback = readings.negative_feedback_rate
  const completion = readings.task_completion_rate
  const tools = readings.tool_failure_rate
  const latency = readings.latency
  const cost = readings.cost_per_session
  return (
    <section className="grid grid-cols-1 gap-3 sm:grid-cols-2 lg:grid-cols-3 xl:grid-cols-5">
      <h2 className="sr-only">Quality</h2>
      <MetricCard
        {...cardOf('negative_feedback_rate')}
        value={feedback.denominator === 0 ? 'no feedback' : share(feedback.value)}
        to={link({ feedback: ['negative'] })}
        detail={
          <Of of={feedback.denominator} what="rated" to={link({ feedback: ['any'] })}>
            <Opens to={link({ feedback: ['negative'] })}>{whole(feedback.numerator)}</Opens>
          </Of>
        }
      />
      <MetricCard
        {...cardOf('task_completion_rate')}
        value={completion.denominator === 0 ? 'none ended' : share(completion.value)}
        to={link({ completed: ['no'] })}
        detail={
          <>
            <Opens to={link({ completed: ['no'] })}>
              {whole(completion.denominator - completion.numerator)} not completed
            </Opens>{' '}
            of <Opens to={link({ completed: ['yes', 'no'] })}>{whole(completion.denominator)} ended</Opens>
          </>
        }
      />
      <MetricCard
        {...cardOf('tool_failure_rate')}
        value={tools.denominator === 0 ? 'no tool calls' : share(tools.value)}
        to={link({ tool_outcome: ['failed', 'empty'] })}
        detail={
          <>
            <Opens to={link({ tool_outcome: ['failed'] })}>{whole(tools.parts.failed ?? 0)} failed</Opens>,{' '}
            <Opens to={link({ tool_outcome: ['empty'] })}>{whole(tools.parts.empty ?? 0)} empty</Opens> of{' '}
            <Opens to={link({ tool_outcome: ['any'] })}>{whole(tools.denominator)} calls</Opens>
          </>
        }
      />
      <MetricCard
        {...cardOf('latency')}
        label="Latency, p50"
        value={latency.denominator === 0 ? 'none ended' : duration(latency.parts.p50)}
        delta={delta(latency.parts.p50, readingsBefore.latency.parts.p50, 'up')}
        series={series.latency.map(point => point.reading?.parts.p50 ?? null)}
        to={link(slower(latency.parts.p50))}
        detail={
          <>
            p95 <Opens to={link(slower(latency.parts.p95))}>{duration(latency.parts.p95)}</Opens>, p99{' '}
            <Opens to={link(slower(latency.parts.p99))}>{duration(latency.parts.p99)}</Opens>
          </>
        }
      />
      <MetricCard
        {...cardOf('cost_per_session')}
        value={usd(cost.value)}
        to={link()}
        detail={
          <>
            <Opens to={link({ cost: ['known'] })}>{usd(cost.value === null ? null : cost.numerator)}</Opens> over{' '}
            <Opens to={link()}>
              {whole(cost.denominator)} {cost.denominator === 1 ? 'session' : 'sessions'}
            </Opens>
            {(cost.parts.unknown ?? 0) > 0 && (
              <>
                , <Opens to={link({ cost: ['unknown'] })}>{whole(cost.parts.unknown)} not fully priced</Opens>
              </>
            )}
          </>
        }
      />
    </section>
  )
}

const slower = (ms: number | null | undefined): TraceFilters => (ms ? { slower: [String(Math.floor(ms))] } : {})

function Of({ children, of, what, to }: { children: ReactNode; of: number; what: string; to: string }) {
  return (
    <>
      {children} of{' '}
      <Opens to={to}>
        {whole(of)} {what}
      </Opens>
    </>
  )
}

/** A number that opens the traces behind it; it lies above the card's own link. */
const Opens = ({ to, children }: { to: string; children: ReactNode }) => (
  <Link to={to} className="relative z-1 underline decoration-line-strong underline-offset-2 hover:text-ink">
    {children}
  </Link>
)

function periodBefore(preset: string | undefined): string {
  const label = timePresets.find(({ id }) => id === preset)?.label
  return label ? `the ${label.replace(/^Last /, '')} before` : 'the same time before'
}
