import { Link, useNavigate } from '@remix-run/react'
import type { ReactNode } from 'react'
import { type MetricId, metricById, metrics } from '../../../db/domain/metrics.ts'
import { shownValue } from '../../../db/domain/window-change.ts'
import { ChangeInterval, ChangeWords, intervalWords, reachOf } from '../../components/change-interval.tsx'
import { quantity, whole } from '../../components/format.ts'
import { Panel } from '../../components/page.tsx'
import { Select } from '../../components/select.tsx'
import { TimeChart } from '../../components/time-chart.tsx'
import { useNarrowRange } from '../traces/use-narrow-range.ts'
import { useQualityLink, useTracesOf } from './links.ts'
import type { QualityData } from './quality.server.ts'
import { weeksBack, windowWords } from './window-words.ts'

/** One metric large: both windows over each other, the change and its interval. */
export function Chosen(data: QualityData) {
  const metric = metricById(data.metric)
  const { now, change } = data.compared[data.metric]
  const link = useQualityLink()
  const navigate = useNavigate()
  const narrow = useNarrowRange()
  const suffix = metric.unit === 'ms' ? ', p50' : ''
  return (
    <Panel
      title={metric.label + suffix}
      lead={`${metric.describes.charAt(0).toUpperCase()}${metric.describes.slice(1)}.`}
      actions={
        <Select
          label="Metric"
          size="sm"
          value={data.metric}
          options={metrics.map(({ id, label }) => ({ value: id, label }))}
          onChange={id => navigate(link('', { metric: id }), { preventScrollReset: true })}
          className="w-52"
        />
      }
    >
      <div className="grid grid-cols-1 gap-4 lg:grid-cols-[minmax(0,1fr)_15rem]">
        <TimeChart
          label={`${metric.label} over time, in this window and the one before`}
          height={220}
          unit={metric.unit}
          bucketSeconds={data.bucketSeconds}
          onRange={narrow}
          empty="Nothing was measured in this window."
          series={[
            { key: 'now', label: 'this window', colour: '1' },
            { key: 'before', label: weeksBack(data.fromMs, data.beforeFromMs), colour: 'control', dashed: true },
          ]}
          points={data.series.map(({ at, now, before }) => ({
            at,
            now: shownValue(metric, now),
            before: shownValue(metric, before),
          }))}
        />
        <dl className="grid content-start gap-3">
          <Figure name={windowWords(data.fromMs, data.toMs)}>
            <Behind data={data} id={data.metric} reading={now} />
          </Figure>
          <Figure name={windowWords(data.beforeFromMs, data.beforeToMs)}>
            <Behind
              data={{ ...data, fromMs: data.beforeFromMs, toMs: data.beforeToMs }}
              id={data.metric}
              reading={data.before}
            />
          </Figure>
          <Figure name="Change">
            <ChangeWords change={change} />
            <ChangeInterval change={change} reach={reachOf([change])} className="my-1" />
            <span className="block text-muted text-sm">
              {intervalWords(change) ? `99 % interval ${intervalWords(change)}` : 'no interval'}
            </span>
          </Figure>
        </dl>
      </div>
    </Panel>
  )
}

function Figure({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div>
      <dt className="text-muted text-sm">{name}</dt>
      <dd>{children}</dd>
    </div>
  )
}

/** The value, and what it is made of: each number opens its traces. */
function Behind({
  data,
  id,
  reading,
}: {
  data: QualityData
  id: MetricId
  reading: QualityData['compared'][MetricId]['now']
}) {
  const metric = metricById(id)
  const traces = useTracesOf(data)
  const value = shownValue(metric, reading)
  const opens = 'underline decoration-line-strong underline-offset-2 hover:text-ink'
  return (
    <>
      <span className="block font-semibold text-lg">{value === null ? 'no data' : quantity(value, metric.unit)}</span>
      <span className="block text-muted text-sm">
        {metric.unit === 'share' ? (
          <>
            <Link to={traces(metric.opens.numerator)} className={opens}>
              {whole(reading.numerator)}
            </Link>{' '}
            of{' '}
            <Link to={traces(metric.opens.denominator)} className={opens}>
              {whole(reading.denominator)}
            </Link>
          </>
        ) : (
          <Link to={traces(metric.opens.denominator)} className={opens}>
            {whole(reading.denominator)} {metric.unit === 'usd' ? 'sessions' : 'traces'}
          </Link>
        )}
        , {whole(reading.users)} users
        {metric.unit === 'ms' && value !== null && `; p95 ${quantity(reading.parts.p95, 'ms')}`}
      </span>
    </>
  )
}
