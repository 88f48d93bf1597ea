import { createColumnHelper, tableFeatures, useTable } from '@tanstack/react-table'
import { useVirtualizer } from '@tanstack/react-virtual'
import { type CSSProperties, type MouseEvent, type ReactNode, useEffect, useMemo, useRef } from 'react'
import { classes } from './classes.ts'
import { useRowKeys } from './row-keys.ts'

export type Column<Row> = {
  id: string
  header: string
  /** Pixels. A column that grows takes what is left, and at least this. */
  width: number
  grow?: boolean
  align?: 'left' | 'right'
  /** Left out where the table has little room: on a phone, or beside a panel. */
  spare?: boolean
  cell: (row: Row) => ReactNode
}

export type DataTableProps<Row> = {
  /** Its accessible name. */
  label: string
  columns: Column<Row>[]
  rows: Row[]
  rowKey: (row: Row) => string
  /** Enter, or a click where there is no `onPeek`. */
  onOpen?: (row: Row) => void
  /** Click or Space: for a side panel. */
  onPeek?: (row: Row) => void
  /** The key of the row whose panel is open. */
  selected?: string
  /** The last rows came into view: fetch more. */
  onEnd?: () => void
  loadingMore?: boolean
  /** Shown under the head when there are no rows. */
  empty?: ReactNode
  /** Give it a height, or a flex parent: the table scrolls inside its frame. */
  className?: string
}

const rowHeight = 32
const features = tableFeatures({})

/** A table less wide than this does without its spare columns; by CSS, so that the first paint is the last. */
const spared = '@max-[52rem]:hidden'

/**
 * A virtualised table with a sticky head: 10,000 rows stay quick, and the first ones are painted by the server.
 * Arrows, j and k, Home, End and the page keys move; Enter opens, Space peeks.
 */
export function DataTable<Row extends object>(props: DataTableProps<Row>) {
  const { label, columns, rows, rowKey, onOpen, onPeek, selected, onEnd, loadingMore, empty, className } = props
  const frame = useRef<HTMLDivElement>(null)
  const definitions = useMemo(() => {
    const helper = createColumnHelper<typeof features, Row>()
    return columns.map(({ id, header, cell }) => helper.display({ id, header, cell: ({ row }) => cell(row.original) }))
  }, [columns])
  const table = useTable({ features, columns: definitions, data: rows, getRowId: rowKey })
  const model = table.getRowModel().rows
  const virtual = useVirtualizer({
    count: model.length,
    getScrollElement: () => frame.current,
    estimateSize: () => rowHeight,
    overscan: 12,
    initialRect: { width: 1280, height: 800 },
  })
  const items = virtual.getVirtualItems()
  const last = items.at(-1)?.index ?? -1
  useEffect(() => {
    if (onEnd && rows.length > 0 && last >= rows.length - 20) onEnd()
  }, [last, rows.length, onEnd])
  const { active, setActive, onKeyDown } = useRowKeys({
    frame,
    count: model.length,
    scrollTo: at => virtual.scrollToIndex(at),
    onOpen: at => onOpen?.(rows[at]!),
    onPeek: onPeek && (at => onPeek(rows[at]!)),
  })

  const click = (event: MouseEvent, at: number) => {
    setActive(at)
    if (event.target instanceof Element && event.target.closest('a, button')) return
    if (window.getSelection()?.isCollapsed === false) return
    const act = onPeek ?? onOpen
    act?.(rows[at]!)
  }

  const before = items[0]?.start ?? 0
  const after = virtual.getTotalSize() - (items.at(-1)?.end ?? 0)
  return (
    <div
      ref={frame}
      className={classes('@container relative min-h-0 overflow-auto', className)}
      style={{ overflowAnchor: 'none' }}
    >
      <table
        // biome-ignore lint/a11y/noNoninteractiveElementToInteractiveRole: its rows are moved through with the keyboard
        role="grid"
        aria-label={label}
        aria-rowcount={rows.length + 1}
        aria-busy={loadingMore || undefined}
        className="w-full min-w-(--all) table-fixed border-separate border-spacing-0 text-sm @max-[52rem]:min-w-(--few)"
        style={{ '--all': width(columns), '--few': width(columns.filter(({ spare }) => !spare)) } as CSSProperties}
        onKeyDown={onKeyDown}
      >
        <colgroup>
          {columns.map(({ id, grow, width, spare }) => (
            <col key={id} className={spare ? spared : undefined} style={grow ? undefined : { width }} />
          ))}
        </colgroup>
        <thead className="sticky top-0 z-10">
          {table.getHeaderGroups().map(group => (
            <tr key={group.id} aria-rowindex={1}>
              {group.headers.map((header, at) => (
                <th
                  key={header.id}
                  scope="col"
                  className={classes(
                    'h-8 truncate border-line border-b bg-surface px-2 font-medium text-muted first:pl-4 last:pr-4',
                    columns[at]?.align === 'right' ? 'text-right' : 'text-left',
                    columns[at]?.spare && spared,
                  )}
                >
                  <table.FlexRender header={header} />
                </th>
              ))}
            </tr>
          ))}
        </thead>
        <tbody>
          {before > 0 && <Spacer height={before} span={columns.length} />}
          {items.map(item => {
            const row = model[item.index]!
            const current = active === item.index
            return (
              <tr
                key={row.id}
                data-row={item.index}
                aria-rowindex={item.index + 2}
                aria-selected={selected === undefined ? undefined : selected === row.id}
                tabIndex={current ? 0 : -1}
                onClick={event => click(event, item.index)}
                onFocus={() => setActive(item.index)}
                className={classes(
                  'group/row focus-visible:-outline-offset-2',
                  (onOpen || onPeek) && 'cursor-pointer',
                  selected === row.id ? 'bg-accent-soft' : 'hover:bg-hover',
                )}
              >
                {row.getAllCells().map((cell, at) => (
                  <td
                    key={cell.id}
                    className={classes(
                      'truncate border-line/60 border-b px-2 first:pl-4 last:pr-4',
                      columns[at]?.align === 'right' && 'text-right',
                      columns[at]?.spare && spared,
                    )}
                    style={{ height: rowHeight }}
                  >
                    <table.FlexRender cell={cell} />
                  </td>
                ))}
              </tr>
            )
          })}
          {after > 0 && <Spacer height={after} span={columns.length} />}
        </tbody>
      </table>
      {rows.length === 0 && empty}
      {loadingMore && (
        <p role="status" className="sticky left-0 px-4 py-2 text-muted text-sm">
          Loading more…
        </p>
      )}
    </div>
  )
}

const width = (columns: { width: number }[]) => `${columns.reduce((sum, column) => sum + column.width, 0)}px`

const Spacer = ({ height, span }: { height: number; span: number }) => (
  <tr>
    <td colSpan={span} style={{ height, padding: 0 }} />
  </tr>
)
