import { Link, useSearchParams } from '@remix-run/react'
import { Inbox } from 'lucide-react'
import type { ReactNode } from 'react'
import type { Arrival, ArrivalPoint } from '../../../db/arrivals.ts'
import { classes } from '../../components/classes.ts'
import { bytes, whole } from '../../components/format.ts'
import { Panel } from '../../components/page.tsx'
import { RelativeTime } from '../../components/relative-time.tsx'
import { EmptyState } from '../../components/states.tsx'
import { type ChartSeries, TimeChart } from '../../components/time-chart.tsx'
import { useNarrowRange } from '../traces/use-narrow-range.ts'
import { type Item, items, readItem } from './items.ts'

const outcomes: ChartSeries[] = [
  { key: 'stored', label: 'stored', colour: '2', kind: 'bar', stack: 'outcome' },
  { key: 'duplicate', label: 'sent twice', colour: 'control', kind: 'bar', stack: 'outcome' },
  { key: 'corrected', label: 'corrected', colour: '3', kind: 'bar', stack: 'outcome' },
  { key: 'notKept', label: 'not kept', colour: '6', kind: 'bar', stack: 'outcome' },
  { key: 'rejected', label: 'rejected', colour: 'bad', kind: 'bar', stack: 'outcome' },
  { key: 'received', label: 'received', colour: '4' },
  { key: 'spooled', label: 'waited on disk', colour: '1', dashed: true },
]

/** What never becomes of an item. */
const absent: Record<Item, string[]> = {
  spans: ['notKept', 'corrected'],
  logs: ['corrected'],
  metrics: ['corrected'],
  signals: ['notKept', 'spooled'],
}

/** What arrived in the page's window and what became of it: nothing disappears silently. */
export function ArrivalsChart({
  arrivals,
  series,
  bucketSeconds,
}: {
  arrivals: Arrival[]
  series: ArrivalPoint[]
  bucketSeconds: number
}) {
  const [params] = useSearchParams()
  const narrow = useNarrowRange()
  const item = readItem(params)
  const of = arrivals.filter(arrival => arrival.item === item)
  const sum = (outcome: Arrival['outcome'], what: 'count' | 'bytes' = 'count') =>
    of.filter(arrival => arrival.outcome === outcome).reduce((total, arrival) => total + arrival[what], 0)
  const lastAtMs = Math.max(0, ...of.map(arrival => arrival.lastAtMs))
  const shown = outcomes.filter(({ key }) => !absent[item].includes(key))
  if (arrivals.length === 0) return <NothingYet />
  return (
    <Panel title="What arrived" lead="Counted by the hour. What waited on disk counts again when it is stored." flush>
      <Choice />
      <dl className="grid grid-cols-2 gap-px border-line border-y bg-line sm:grid-cols-4 lg:grid-cols-7">
        <Figure name="Received">{whole(sum('received'))}</Figure>
        <Figure name="Stored">{whole(sum('stored'))}</Figure>
        <Figure name="Sent twice">{whole(sum('duplicate'))}</Figure>
        <Figure name="Rejected">
          <span className={sum('rejected') > 0 ? 'text-bad' : undefined}>{whole(sum('rejected'))}</span>
        </Figure>
        {item === 'signals' ? (
          <Figure name="Corrected">{whole(sum('corrected'))}</Figure>
        ) : (
          <Figure name="Waited on disk">{whole(sum('spooled'))}</Figure>
        )}
        <Figure name="Size">{bytes(sum('received', 'bytes'))}</Figure>
        <Figure name="Last" wide>
          {lastAtMs > 0 ? <RelativeTime at={lastAtMs} /> : '–'}
        </Figure>
      </dl>
      <div className="grid gap-4 p-4 lg:grid-cols-[2fr_1fr]">
        <div className="min-w-0">
          <TimeChart
            label={`${item} over time, by what became of them`}
            unit="count"
            series={shown}
            points={series}
            bucketSeconds={bucketSeconds}
            onRange={narrow}
            empty={`No ${item} in this window.`}
          />
        </div>
        <div className="min-w-0">
          <p className="mb-1 text-muted text-sm">bytes received, inflated</p>
          <TimeChart
            label={`Bytes of ${item} over time`}
            unit="bytes"
            bare
            series={[{ key: 'bytes', label: 'bytes', colour: '1', kind: 'area' }]}
            points={series}
            bucketSeconds={bucketSeconds}
            onRange={narrow}
            empty={`No ${item} in this window.`}
          />
        </div>
      </div>
    </Panel>
  )
}

function Choice() {
  const [params] = useSearchParams()
  const to = (item: string) => {
    const next = new URLSearchParams(params)
    next.set('item', item)
    return `?${next}`
  }
  return (
    <nav aria-label="What is counted" className="flex gap-1 px-3 pb-2">
      {items.map(item => (
        <Link
          key={item}
          to={to(item)}
          preventScrollReset
          aria-current={item === readItem(params) || undefined}
          className={classes(
            'flex h-7 items-center rounded-md px-2 text-sm',
            item === readItem(params) ? 'bg-accent-soft font-medium' : 'text-muted hover:bg-hover',
          )}
        >
          {item}
        </Link>
      ))}
    </nav>
  )
}

const NothingYet = () => (
  <Panel title="What arrived">
    <EmptyState icon={Inbox} title="Nothing arrived in this window">
      Each span, log and signal is counted here: received, stored, sent twice, or rejected and why.
    </EmptyState>
  </Panel>
)

function Figure({ name, wide = false, children }: { name: string; wide?: boolean; children: ReactNode }) {
  return (
    <div className={classes('bg-surface px-4 py-2.5', wide && 'col-span-2 lg:col-span-1')}>
      <dt className="text-muted text-sm">{name}</dt>
      <dd className="font-semibold text-lg">{children}</dd>
    </div>
  )
}
