import { Link } from '@remix-run/react'
import { ChangeInterval, ChangeWords, reachOf } from '../../components/change-interval.tsx'
import { duration, share, whole } from '../../components/format.ts'
import { useQualityLink, useTracesOf } from '../quality/links.ts'
import type { ToolRow, ToolsData } from '../quality/tools.server.ts'

const head = 'h-8 whitespace-nowrap px-2 text-left font-medium text-muted text-sm first:pl-4 last:pr-4'
const cell = 'h-9 whitespace-nowrap px-2 first:pl-4 last:pr-4'
const opens = 'underline decoration-line-strong underline-offset-2 hover:text-ink'

/** A row a tool; its name opens the tool's page, its numbers the traces behind them. */
export function ToolTable(data: ToolsData) {
  const reach = reachOf(data.tools.map(({ failures }) => failures))
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a frame that scrolls sideways is reached by the keyboard
    <section tabIndex={0} aria-label="Tools" className="overflow-x-auto rounded-md border border-line bg-surface">
      <table className="w-full min-w-200 border-collapse">
        <thead>
          <tr className="border-line border-b">
            <th className={head}>tool</th>
            <th className={`${head} text-right`}>calls</th>
            <th className={`${head} text-right`}>failed</th>
            <th className={`${head} text-right`}>empty</th>
            <th className={`${head} text-right`}>failed or empty</th>
            <th className={head}>change</th>
            <th className={`${head} w-40`}>99 % interval, ±{Math.round(reach * 100)} %</th>
            <th className={`${head} text-right`}>p50</th>
            <th className={`${head} text-right`}>p95</th>
            <th className={`${head} text-right`}>traces</th>
          </tr>
        </thead>
        <tbody>
          {data.tools.map(tool => (
            <Row key={tool.name} tool={tool} reach={reach} data={data} />
          ))}
        </tbody>
      </table>
    </section>
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
    <tr className="border-line/60 border-b last:border-0 hover:bg-hover">
      <td className={cell}>
        {name ? (
          <Link to={link('tool', { tool: name })} className="font-medium hover:underline">
            {name}
          </Link>
        ) : (
          <span className="text-muted">without a name</span>
        )}
      </td>
      <td className={`${cell} text-right`}>{whole(denominator)}</td>
      <td className={`${cell} text-right`}>{counted(parts.failed, 'failed')}</td>
      <td className={`${cell} text-right`}>{counted(parts.empty, 'empty')}</td>
      <td className={`${cell} text-right font-medium`}>{share(value)}</td>
      <td className={cell}>
        <ChangeWords change={failures} className="whitespace-nowrap" />
      </td>
      <td className={cell}>
        <ChangeInterval change={failures} reach={reach} />
      </td>
      <td className={`${cell} text-right`}>{duration(readings.latency.parts.p50)}</td>
      <td className={`${cell} text-right`}>{duration(readings.latency.parts.p95)}</td>
      <td className={`${cell} text-right`}>
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
