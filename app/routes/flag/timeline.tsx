import { useSearchParams } from '@remix-run/react'
import { percent } from '../../../db/domain/flags/words.ts'
import { metricById } from '../../../db/domain/metrics.ts'
import { duration } from '../../components/format.ts'
import { Panel } from '../../components/page.tsx'
import { RelativeTime } from '../../components/relative-time.tsx'
import { Select } from '../../components/select.tsx'
import { ShareBar } from '../../components/share-bar.tsx'
import { TimeChart } from '../../components/time-chart.tsx'
import type { ComparedView } from '../flag-comparison/read-comparison.server.ts'

/** The stages one after the other, and a metric of both arms over them. */
export function Timeline({ compared }: { compared: ComparedView }) {
  const [params, setParams] = useSearchParams()
  const asked = [params.get('metric'), ...compared.about]
  const shown = compared.series.find(({ id }) => id === asked.find(Boolean)) ?? compared.series[0]
  if (!shown) return null
  const { label, unit } = metricById(shown.id)
  const choose = (metric: string) =>
    setParams(
      now => {
        now.set('metric', metric)
        return now
      },
      { replace: true, preventScrollReset: true },
    )
  return (
    <Panel
      title="Stages"
      lead={`${label} of both arms, with the moments at which the share changed.`}
      actions={
        <Select
          label="Metric of the chart"
          size="sm"
          value={shown.id}
          options={compared.series.map(({ id }) => ({ value: id, label: metricById(id).label }))}
          onChange={choose}
          className="w-48"
        />
      }
    >
      <div className="grid grid-cols-1 gap-4 lg:grid-cols-[minmax(0,1fr)_17rem]">
        <TimeChart
          label={`${label} of the canary and the control over time`}
          height={220}
          unit={unit}
          bucketSeconds={compared.bucketSeconds}
          empty="Nothing was measured yet."
          series={[
            { key: 'canary', label: 'canary', colour: 'canary' },
            { key: 'control', label: 'control', colour: 'control', dashed: true },
          ]}
          points={shown.points}
          marks={compared.stages.map(({ from, share }) => ({
            at: from.getTime(),
            label: percent(share),
            colour: 'canary',
          }))}
        />
        <ol aria-label="Stages" className="grid content-start gap-2.5">
          {compared.stages.map(({ from, to, share, by, version }) => (
            <li key={version} className="grid gap-1">
              <span className="flex items-baseline justify-between gap-2">
                <span className="font-medium">{percent(share)}</span>
                <span className="text-muted text-sm">{lasted(from, to ?? compared.until)}</span>
              </span>
              <ShareBar share={share} className="h-1.5 w-full" />
              <span className="text-muted text-sm">
                <RelativeTime at={from} />
                {by && `, by ${by}`}
              </span>
            </li>
          ))}
        </ol>
      </div>
    </Panel>
  )
}

const lasted = (from: Date, to: Date | null) => (to ? `for ${duration(to.getTime() - from.getTime())}` : 'now')
