import { Link, useNavigate } from '@remix-run/react'
import { dimensionFilters, dimensionLabel, metricById, metricDimensions } from '../../../db/domain/metrics.ts'
import { shownValue } from '../../../db/domain/window-change.ts'
import { ChangeInterval, ChangeWords, reachOf } from '../../components/change-interval.tsx'
import { quantity, whole } from '../../components/format.ts'
import { Panel } from '../../components/page.tsx'
import { Select } from '../../components/select.tsx'
import { useQualityLink, useTracesOf } from './links.ts'
import type { BreakdownRow, QualityData } from './quality.server.ts'

const head = 'h-8 whitespace-nowrap px-2 text-left font-medium text-muted text-sm first:pl-4 last:pr-4'
const cell = 'h-9 whitespace-nowrap px-2 first:pl-4 last:pr-4'

/** The chosen metric by a dimension: each row's value, change and interval, and the traces behind it. */
export function Breakdown(data: QualityData) {
  const metric = metricById(data.metric)
  const link = useQualityLink()
  const navigate = useNavigate()
  const reach = reachOf(data.rows.map(({ change }) => change))
  return (
    <Panel
      flush
      title={`${metric.label} by ${data.by}`}
      lead={data.by === 'tool' ? note(data.metric) : undefined}
      actions={
        <Select
          label="Break down by"
          size="sm"
          value={data.by}
          options={metricDimensions.map(by => ({ value: by, label: by }))}
          onChange={by => navigate(link('', { by }), { preventScrollReset: true })}
          className="w-36"
        />
      }
    >
      {data.rows.length === 0 ? (
        <p className="px-4 pb-4 text-muted">No trace in this window tells a {data.by}.</p>
      ) : (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a frame that scrolls sideways is reached by the keyboard
        <section tabIndex={0} aria-label={`${metric.label} by ${data.by}`} className="overflow-x-auto">
          <table className="w-full min-w-160 border-collapse">
            <thead>
              <tr className="border-line border-y">
                <th className={head}>{data.by}</th>
                <th className={`${head} text-right`}>traces</th>
                <th className={`${head} text-right`}>users</th>
                <th className={`${head} text-right`}>now</th>
                <th className={`${head} text-right`}>before</th>
                <th className={head}>change</th>
                <th className={`${head} w-48`}>99 % interval, ±{Math.round(reach * 100)} %</th>
              </tr>
            </thead>
            <tbody>
              {data.rows.map(row => (
                <Row key={row.key} row={row} reach={reach} data={data} />
              ))}
            </tbody>
          </table>
        </section>
      )}
    </Panel>
  )
}

const note = (metric: QualityData['metric']) =>
  metric === 'tool_failure_rate' || metric === 'latency'
    ? 'Of each tool’s own calls.'
    : 'Of the traces that called each tool.'

function Row({ row, reach, data }: { row: BreakdownRow; reach: number; data: QualityData }) {
  const metric = metricById(data.metric)
  const traces = useTracesOf(data)
  const filters = dimensionFilters(data.by, row.key)
  const label = dimensionLabel(data.by, row.key)
  return (
    <tr className="border-line/60 border-b last:border-0 hover:bg-hover">
      <td className={cell}>
        {filters ? (
          <Link to={traces(filters)} className="font-medium hover:underline">
            {label}
          </Link>
        ) : (
          label
        )}
      </td>
      <td className={`${cell} text-right`}>{whole(row.traces)}</td>
      <td className={`${cell} text-right`}>{whole(row.now.users)}</td>
      <td className={`${cell} text-right`}>
        <Value filters={filters && { ...metric.opens.numerator, ...filters }} data={data}>
          {shownOf(data, row.now)}
        </Value>
      </td>
      <td className={`${cell} text-right text-muted`}>{shownOf(data, row.before)}</td>
      <td className={cell}>
        <ChangeWords change={row.change} className="whitespace-nowrap" />
      </td>
      <td className={cell}>
        <ChangeInterval change={row.change} reach={reach} />
      </td>
    </tr>
  )
}

const shownOf = (data: QualityData, reading: BreakdownRow['now']) => {
  const metric = metricById(data.metric)
  const value = shownValue(metric, reading)
  return value === null ? '–' : quantity(value, metric.unit)
}

function Value({
  filters,
  data,
  children,
}: {
  filters: Parameters<ReturnType<typeof useTracesOf>>[0] | null
  data: QualityData
  children: string
}) {
  const traces = useTracesOf(data)
  if (!filters || children === '–') return children
  return (
    <Link to={traces(filters)} className="underline decoration-line-strong underline-offset-2 hover:text-ink">
      {children}
    </Link>
  )
}
