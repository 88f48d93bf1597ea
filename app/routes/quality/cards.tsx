import { Link } from '@remix-run/react'
import type { ReactNode } from 'react'
import { type MetricId, metricById } from '../../../db/domain/metrics.ts'
import { shownValue } from '../../../db/domain/window-change.ts'
import { ChangeInterval, ChangeWords, intervalWords, reachOf } from '../../components/change-interval.tsx'
import { classes } from '../../components/classes.ts'
import { quantity, whole } from '../../components/format.ts'
import { useQualityLink, useTracesOf } from './links.ts'
import type { Compared, QualityData } from './quality.server.ts'

const shown = [
  'negative_feedback_rate',
  'task_completion_rate',
  'tool_failure_rate',
  'latency',
  'cost_per_session',
] as const satisfies readonly MetricId[]

/** The five watched metrics: each opens large, its number opens its traces, and its interval is drawn. */
export function QualityCards(data: QualityData) {
  const reach = reachOf(shown.map(id => data.compared[id].change))
  return (
    <section className="grid grid-cols-2 gap-2 sm:gap-3 lg:grid-cols-3 xl:grid-cols-5">
      <h2 className="sr-only">Headline metrics</h2>
      {shown.map(id => (
        <QualityCard key={id} id={id} {...data.compared[id]} reach={reach} data={data} />
      ))}
    </section>
  )
}

function QualityCard({ id, now, change, reach, data }: Compared & { id: MetricId; reach: number; data: QualityData }) {
  const metric = metricById(id)
  const link = useQualityLink()
  const traces = useTracesOf(data)
  const value = shownValue(metric, now)
  const isChosen = data.metric === id
  return (
    <article
      className={classes(
        'relative flex min-w-0 flex-col gap-1 rounded-md border bg-surface p-3 has-[h3_a:hover]:border-line-strong max-sm:last:col-span-2',
        isChosen ? 'border-accent' : 'border-line',
      )}
    >
      <h3 className="text-muted text-sm">
        <Link
          to={link('', { metric: id })}
          preventScrollReset
          aria-current={isChosen || undefined}
          className="after:absolute after:inset-0 after:rounded-md"
        >
          {metric.label}
          {metric.unit === 'ms' && ', p50'}
        </Link>
      </h3>
      <p className={classes('font-semibold', value === null ? 'py-1 text-lg text-muted' : 'text-2xl tracking-tight')}>
        {value === null ? 'no data' : <Opens to={traces(metric.opens.numerator)}>{quantity(value, metric.unit)}</Opens>}
      </p>
      <ChangeWords change={change} />
      <ChangeInterval change={change} reach={reach} />
      <p className="text-muted text-sm">{intervalWords(change) ?? 'no interval'}</p>
      <p className="text-muted text-sm">
        {whole(change.users.current)} users, {whole(change.users.baseline)} before
      </p>
    </article>
  )
}

/** A number that opens the traces behind it; it lies above the card's own link. */
const Opens = ({ to, children }: { to: string; children: ReactNode }) => (
  <Link to={to} className="relative z-1 hover:underline">
    {children}
  </Link>
)
