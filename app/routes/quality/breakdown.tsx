import { Link, useNavigate } from '@remix-run/react'
import { dimensionFilters, dimensionLabel, metricById, metricDimensions } from '../../../db/domain/metrics.ts'
import { shownValue } from '../../../db/domain/window-change.ts'
import { ChangeInterval, ChangeWords, reachOf } from '../../components/change-interval.tsx'
import { FigureTable } from '../../components/figure-table.tsx'
import { quantity, whole } from '../../components/format.ts'
import { Panel } from '../../components/page.tsx'
import { Select } from '../../components/select.tsx'
import { useQualityLink, useTracesOf } from './links.ts'
import type { BreakdownRow, QualityData } from './quality.server.ts'

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
        <FigureTable
          label={`${metric.label} by ${data.by}`}
          heads={[
            data.by,
            'now',
            'before',
            'change',
            `99 % interval, ±${Math.round(reach * 100)} %`,
            'users',
            'traces',
          ]}
        >
          {data.rows.map(row => (
            <Row key={row.key} row={row} reach={reach} data={data} />
          ))}
        </FigureTable>
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
  const isOfCalls = data.by === 'tool' && data.metric === 'latency'
  const behind = isOfCalls ? {} : metric.opens.numerator
  return (
    <tr className="hover:bg-hover">
      <th scope="row" className="min-w-32 break-words">
        {filters ? (
          <Link to={traces(filters)} className="hover:underline">
            {label}
          </Link>
        ) : (
          label
        )}
      </th>
      <td className="font-medium">
        <Value filters={filters && { ...behind, ...filters }} data={data}>
          {shownOf(data, shownValue(metric, row.now))}
        </Value>
      </td>
      <td className="text-muted">{shownOf(data, row.before)}</td>
      <td>
        <ChangeWords change={row.change} />
      </td>
      <td className="w-56 min-w-44">
        <ChangeInterval change={row.change} reach={reach} />
      </td>
      <td>{whole(row.now.users)}</td>
      <td>{whole(row.traces)}</td>
    </tr>
  )
}

const shownOf = ({ metric }: QualityData, value: number | null) =>
  value === null ? '–' : quantity(value, metricById(metric).unit)

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
