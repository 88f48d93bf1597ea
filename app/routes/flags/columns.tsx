import { Link } from '@remix-run/react'
import { Badge, StatusBadge } from '../../components/badge.tsx'
import type { Column } from '../../components/data-table.tsx'
import { RelativeTime } from '../../components/relative-time.tsx'
import { ShareBar } from '../../components/share-bar.tsx'
import { MarkBadge } from './mark-badge.tsx'
import type { FlagRow } from './rows.server.ts'

export const columns: Column<FlagRow>[] = [
  {
    id: 'flag',
    header: 'Flag',
    width: 140,
    grow: true,
    cell: ({ key, description }) => (
      <>
        <Link to={encodeURIComponent(key)} tabIndex={-1} className="font-medium hover:underline">
          {key}
        </Link>
        {description && <span className="pl-2 text-muted">{description}</span>}
      </>
    ),
  },
  {
    id: 'type',
    header: 'Type',
    width: 96,
    spare: true,
    cell: ({ type }) => <span className="text-muted">{type}</span>,
  },
  { id: 'serves', header: 'Serves', width: 250, cell: row => <Serves row={row} /> },
  {
    id: 'marks',
    header: 'Notes',
    spare: true,
    width: 300,
    cell: ({ marks, rules, isPublic }) => (
      <span className="flex gap-1.5 overflow-hidden">
        {marks.map(mark => (
          <MarkBadge key={mark.kind} mark={mark} />
        ))}
        {rules > 0 && <Badge>{rules === 1 ? '1 rule' : `${rules} rules`}</Badge>}
        {isPublic && <Badge>public</Badge>}
      </span>
    ),
  },
  {
    id: 'changed',
    header: 'Changed',
    spare: true,
    width: 190,
    align: 'right',
    cell: ({ changedAt, who }) => (
      <>
        <RelativeTime at={changedAt} /> <span className="text-muted">by {who}</span>
      </>
    ),
  },
]

function Serves({ row: { kind, state, words, share } }: { row: FlagRow }) {
  if (kind === 'value')
    return (
      <>
        <Badge tone={state === 'on' ? 'accent' : 'neutral'}>{state}</Badge>
        <span className="pl-2">{state === 'on' ? words : words.replace('off: ', '')}</span>
      </>
    )
  return (
    <span className="flex items-center gap-2">
      <StatusBadge status={state}>{words}</StatusBadge>
      {share !== null && <ShareBar share={share} />}
    </span>
  )
}
