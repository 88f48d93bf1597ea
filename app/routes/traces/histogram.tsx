import type { VolumePoint } from '../../../db/volume.ts'
import { type ChartSeries, TimeChart } from '../../components/time-chart.tsx'
import { useNarrowRange } from './use-narrow-range.ts'

const series: ChartSeries[] = [
  { key: 'fine', label: 'other', colour: '2', kind: 'bar', stack: 'status' },
  { key: 'interrupted', label: 'interrupted', colour: '1', kind: 'bar', stack: 'status' },
  { key: 'error', label: 'error', colour: 'bad', kind: 'bar', stack: 'status' },
]

/** How many traces matched over time; a window drawn or a bar clicked becomes the page's. */
export function Histogram({ volume, bucketSeconds }: { volume: VolumePoint[]; bucketSeconds: number }) {
  const narrow = useNarrowRange()
  return (
    <TimeChart
      bare
      label="Matching traces over time"
      height={84}
      unit="count"
      series={series}
      bucketSeconds={bucketSeconds}
      onRange={narrow}
      points={volume.map(({ at, ok, running, interrupted, error }) => ({ at, fine: ok + running, interrupted, error }))}
    />
  )
}
