import { Link } from '@remix-run/react'
import type { RunRow } from '../../../db/runs-view.ts'
import { StatusBadge } from '../../components/badge.tsx'
import type { Column } from '../../components/data-table.tsx'
import { duration } from '../../components/format.ts'
import { RelativeTime } from '../../components/relative-time.tsx'

export const columns: Column<RunRow>[] = [
  {
    id: 'status',
    header: 'Status',
    width: 150,
    cell: run => <StatusBadge status={run.status === 'interrupted' ? 'waiting' : run.status} />,
  },
  {
    id: 'asked',
    header: 'Asked',
    width: 140,
    grow: true,
    cell: run => (
      <Link to={run.id} tabIndex={-1} className="font-medium hover:underline">
        {run.asked}
      </Link>
    ),
  },
  {
    id: 'workflow',
    header: 'Workflow',
    spare: true,
    width: 130,
    cell: run => (
      <>
        {run.workflow} <span className="text-muted">v{run.workflowVersion}</span>
      </>
    ),
  },
  { id: 'user', header: 'User', width: 130, spare: true, cell: run => run.userId ?? <None /> },
  {
    id: 'served',
    header: 'Served by',
    spare: true,
    width: 136,
    cell: run =>
      run.servedBy ? <StatusBadge status={run.servedBy} title={run.servedReason ?? undefined} /> : <None />,
  },
  { id: 'arm', header: 'Arm', width: 110, spare: true, cell: run => <Arm run={run} /> },
  {
    id: 'duration',
    header: 'Took',
    spare: true,
    width: 84,
    align: 'right',
    cell: run => (run.workedMs === null ? <None /> : duration(run.workedMs)),
  },
  { id: 'age', header: 'Started', width: 100, align: 'right', cell: run => <RelativeTime at={run.createdAt} /> },
]

const None = () => <span className="text-faint">–</span>

function Arm({ run }: { run: RunRow }) {
  const arm = run.arms[run.workflow] ?? Object.values(run.arms)[0]
  return arm ? <StatusBadge status={arm} /> : <None />
}
