import { useVirtualizer } from '@tanstack/react-virtual'
import { type KeyboardEvent, useCallback, useEffect, useMemo, useRef, useState } from 'react'
import { mostSpansShown, type SpanTree, treeRows } from '../../../db/domain/span-tree.ts'
import type { SpanOutline } from '../../../db/trace-spans.ts'
import { classes } from '../../components/classes.ts'
import { duration, whole } from '../../components/format.ts'
import { usePageKeys } from '../traces/use-page-keys.ts'
import { SpanRow } from './span-row.tsx'
import { moveInTree } from './tree-keys.ts'

const rowHeight = 28

/** Tree and waterfall of a trace in one list. Up and down choose, right opens or goes in, left closes or goes out. */
export function SpanList({
  tree,
  total,
  running,
  chosenId,
  onChoose,
  className,
}: {
  tree: SpanTree<SpanOutline>
  /** Spans the trace has; the tree holds at most `mostSpansShown` of them. */
  total: number
  /** The root has not come yet. */
  running: boolean
  chosenId: string | null
  onChoose: (spanId: string) => void
  className?: string
}) {
  const frame = useRef<HTMLDivElement>(null)
  const [collapsed, setCollapsed] = useState<ReadonlySet<string>>(new Set())
  const rows = useMemo(() => treeRows(tree, collapsed), [tree, collapsed])
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => frame.current,
    estimateSize: () => rowHeight,
    overscan: 20,
    initialRect: { width: 800, height: 700 },
  })
  const toggle = useCallback(
    (id: string) =>
      setCollapsed(now => {
        const next = new Set(now)
        if (!next.delete(id)) next.add(id)
        return next
      }),
    [],
  )
  // Keys also stop at the stand-ins of missing parents, which cannot be chosen.
  const [moved, setCursor] = useState<string>()
  const cursor = moved ?? chosenId
  const at = rows.findIndex(row => row.node.id === cursor)
  // Keys may come faster than the page is drawn: each counts from where the one before it led.
  const latest = useRef(at)
  latest.current = at
  const scrollTo = virtual.scrollToIndex
  // A linked span far down is brought into view; after that only keys move the list.
  const first = useRef(true)
  useEffect(() => {
    if (first.current && at > 20) scrollTo(at, { align: 'center' })
    first.current = false
  }, [at, scrollTo])

  const onKey = (key: string) => {
    const move = moveInTree(rows, latest.current, key)
    if (!move) return false
    if (move.toggle) toggle(move.toggle)
    if (move.to !== undefined) goTo(move.to)
    return true
  }
  const goTo = (to: number) => {
    const row = rows[to]!
    latest.current = to
    scrollTo(to)
    setCursor(row.node.id)
    if (row.node.span) onChoose(row.node.id)
    // The row may only be there once the list has scrolled.
    const focus = () => frame.current?.querySelector<HTMLElement>(`[data-row="${to}"]`)?.focus({ preventScroll: true })
    requestAnimationFrame(() => requestAnimationFrame(focus))
  }
  const choose = useCallback(
    (spanId: string) => {
      setCursor(spanId)
      onChoose(spanId)
    },
    [onChoose],
  )
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return
    if (onKey(event.key)) event.preventDefault()
  }
  usePageKeys(key => 'jk'.includes(key) && onKey(key))

  return (
    <section aria-label="Spans" className={classes('flex min-w-0 flex-col', className)}>
      <Axis durationMs={tree.durationMs} spans={tree.spans} />
      <div
        ref={frame}
        role="tree"
        aria-label="Spans by time"
        className="relative min-h-0 flex-1 overflow-y-auto overflow-x-hidden"
        onKeyDown={onKeyDown}
        tabIndex={-1}
      >
        <div style={{ height: virtual.getTotalSize() }} role="presentation">
          {virtual.getVirtualItems().map(item => {
            const row = rows[item.index]!
            return (
              <SpanRow
                key={row.node.id}
                row={row}
                running={running}
                index={item.index}
                top={item.start}
                height={rowHeight}
                totalMs={tree.durationMs}
                chosen={row.node.id === cursor}
                focusable={item.index === Math.max(0, at)}
                onChoose={choose}
                onToggle={toggle}
              />
            )
          })}
        </div>
      </div>
      {total > tree.spans && (
        <p role="status" className="border-line border-t px-4 py-1.5 text-sm text-warn">
          {tree.spans >= mostSpansShown
            ? `The first ${whole(tree.spans)} of ${whole(total)} spans. The export has them all.`
            : `${whole(tree.spans)} of ${whole(total)} spans: reload to see the rest.`}
        </p>
      )}
    </section>
  )
}

const ticks = [0, 0.25, 0.5, 0.75]

/** The time axis over the waterfall. */
function Axis({ durationMs, spans }: { durationMs: number; spans: number }) {
  return (
    <div className="flex h-7 shrink-0 items-center border-line border-b text-muted text-xs">
      <p className="w-3/5 shrink-0 pl-4 sm:w-1/2">
        {whole(spans)} {spans === 1 ? 'span' : 'spans'}
      </p>
      <div className="relative mr-4 h-full flex-1" aria-hidden>
        {ticks.map(tick => (
          <span
            key={tick}
            className={classes(
              'absolute inset-y-0 items-center whitespace-nowrap border-line border-l pl-1',
              // A phone has room for every other tick.
              tick === 0 || tick === 0.5 ? 'flex' : 'hidden sm:flex',
            )}
            style={{ left: `${tick * 100}%` }}
          >
            {duration(tick === 0 ? 0 : durationMs * tick)}
          </span>
        ))}
      </div>
    </div>
  )
}
