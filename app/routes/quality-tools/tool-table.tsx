import { Link } from '@remix-run/react'
import { ChangeInterval, ChangeWords, reachOf } from '../../components/change-interval.tsx'
import { FigureTable } from '../../components/figure-table.tsx'
import { duration, share, whole } from '../../components/format.ts'
import { Panel } from '../../components/page.tsx'
import { useQualityLink, useTracesOf } from '../quality/links.ts'
import type { ToolRow, ToolsData } from '../quality/tools.server.ts'

const heads = ['tool', 'calls', 'failed', 'empty', 'failed or empty', 'change']
const opens = 'underline decoration-line-strong underline-offset-2 hover:text-ink'

/** A row a tool; its name opens the tool's page, its numbers the traces behind them. */
export function ToolTable(data: ToolsData) {
  const reach = reachOf(data.tools.map(({ failures }) => failures))
  return (
    <Panel flush>
      <FigureTable
        label="Tools"
        heads={[...heads, `99 % interval, ±${Math.round(reach * 100)} %`, 'p50', 'p95', 'traces']}
      >
        {data.tools.map(tool => (
          <Row key={tool.name} tool={tool} reach={reach} data={data} />
        ))}
      </FigureTable>
    </Panel>
  )
}

function Row({ tool, reach, data }: { tool: ToolRow; reach: number; data: ToolsData }) {
  const { name, traces, readings, failures } = tool
  const { value, denominator, parts } = readings.tool_failure_rate
  const link = useQualityLink()
  const tracesOf = useTracesOf(data)
  const counted = (count: number | null | undefined, outcome: 'failed' | 'empty') =>
    name && count ? (
      <Link to={tracesOf({ tool: [name], tool_outcome: [outcome] })} className={opens}>
        {whole(count)}
      </Link>
    ) : (
      whole(count ?? 0)
    )
  return (
    <tr className="hover:bg-hover">
      <th scope="row">
        {name ? (
          <Link to={link('tool', { tool: name })} className="hover:underline">
            {name}
          </Link>
        ) : (
          <span className="text-muted">without a name</span>
        )}
      </th>
      <td>{whole(denominator)}</td>
      <td>{counted(parts.failed, 'failed')}</td>
      <td>{counted(parts.empty, 'empty')}</td>
      <td className="font-medium">{share(value)}</td>
      <td>
        <ChangeWords change={failures} />
      </td>
      <td className="w-48 min-w-40">
        <ChangeInterval change={failures} reach={reach} />
      </td>
      <td>{duration(readings.latency.parts.p50)}</td>
      <td>{duration(readings.latency.parts.p95)}</td>
      <td>
        {name ? (
          <Link to={tracesOf({ tool: [name] })} className={opens}>
            {whole(traces)}
          </Link>
        ) : (
          whole(traces)
        )}
      </td>
    </tr>
  )
}
