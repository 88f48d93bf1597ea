import { ChevronDown, ChevronRight, CircleAlert, Hand, LoaderCircle, SearchX, TriangleAlert } from 'lucide-react'
import { memo } from 'react'
import type { TreeRow } from '../../../db/domain/span-tree.ts'
import type { SpanOutline } from '../../../db/trace-spans.ts'
import { classes } from '../../components/classes.ts'
import { count, duration } from '../../components/format.ts'
import { KindIcon, kindLooks } from './span-kind.tsx'

/** Deeper than this the tree stops stepping in: names must stay readable. */
const deepest = 14

type SpanRowProps = {
  row: TreeRow<SpanOutline>
  running: boolean
  index: number
  top: number
  height: number
  totalMs: number
  chosen: boolean
  focusable: boolean
  onChoose: (spanId: string) => void
  onToggle: (id: string) => void
}

export const SpanRow = memo(function SpanRow(props: SpanRowProps) {
  const { row, running, index, top, height, totalMs, chosen, focusable, onChoose, onToggle } = props
  const { node, depth, open } = row
  const parent = node.children.length > 0
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the list handles the keys of all rows
    <div
      role="treeitem"
      data-row={index}
      aria-level={depth + 1}
      aria-selected={chosen}
      aria-expanded={parent ? open : undefined}
      tabIndex={focusable ? 0 : -1}
      onClick={() => (node.span ? onChoose(node.id) : onToggle(node.id))}
      className={classes(
        'absolute inset-x-0 flex cursor-pointer items-center focus-visible:-outline-offset-2',
        chosen ? 'bg-accent-soft' : 'hover:bg-hover',
      )}
      style={{ top, height }}
    >
      <div
        className="flex h-full w-3/5 sm:w-1/2 shrink-0 items-center gap-1.5 pr-2 text-sm"
        style={{ paddingLeft: 8 + Math.min(depth, deepest) * 14 }}
      >
        {parent ? (
          <button
            type="button"
            tabIndex={-1}
            aria-label={open ? 'Close' : 'Open'}
            onClick={event => {
              event.stopPropagation()
              onToggle(node.id)
            }}
            className="grid size-4.5 shrink-0 place-items-center rounded-sm text-muted hover:text-ink"
          >
            {open ? <ChevronDown size={12} aria-hidden /> : <ChevronRight size={12} aria-hidden />}
          </button>
        ) : (
          <span className="w-4.5 shrink-0" />
        )}
        {node.span ? <Name span={node.span} note={node.note} /> : <Missing running={running} />}
      </div>
      <div className="relative mr-4 h-full flex-1">
        <Bar row={row} totalMs={totalMs} />
      </div>
    </div>
  )
})

function Name({ span, note }: { span: SpanOutline; note: string }) {
  return (
    <>
      <KindIcon kind={span.kind} />
      <span className={classes('min-w-0 truncate', span.status === 'error' && 'text-bad')} title={span.name}>
        {span.name || kindLooks[span.kind].word}
      </span>
      <Mark span={span} />
      {note && (
        <span className="whitespace-nowrap text-warn text-xs" title="Its parents lead back to itself">
          {note}
        </span>
      )}
      {span.inputTokens + span.outputTokens > 0 && (
        <span className="ml-auto hidden shrink-0 pl-1 sm:inline text-muted text-xs">
          {count(span.inputTokens + span.outputTokens)} tok
        </span>
      )}
    </>
  )
}

const marks = {
  error: { icon: CircleAlert, colour: 'text-bad', word: 'error' },
  empty: { icon: SearchX, colour: 'text-warn', word: 'empty' },
  interrupted: { icon: Hand, colour: 'text-warn', word: 'interrupted' },
}

function Mark({ span }: { span: SpanOutline }) {
  const state = span.toolOutcome === 'error' ? 'error' : span.toolOutcome === 'empty' ? 'empty' : span.status
  if (state !== 'error' && state !== 'empty' && state !== 'interrupted') return null
  const { icon: Icon, colour, word } = marks[state]
  return (
    <span className={classes('inline-flex shrink-0 items-center gap-0.5 text-xs', colour)}>
      <Icon size={12} aria-hidden />
      {word}
    </span>
  )
}

/** Stands for a parent that has not come: it may still be open, or it was lost. */
function Missing({ running }: { running: boolean }) {
  const Icon = running ? LoaderCircle : TriangleAlert
  return (
    <span
      className="flex min-w-0 items-center gap-1.5 text-muted italic"
      title={running ? 'A span is sent when it ends: this one is still open' : 'The span these belong to never came'}
    >
      <Icon size={14} aria-hidden className={running ? 'shrink-0 text-accent-strong' : 'shrink-0 text-warn'} />
      <span className="truncate">{running ? 'still open' : 'missing parent'}</span>
    </span>
  )
}

/** The time a span took within the trace's; the pale part of a model call is the wait for its first token. */
function Bar({ row: { node }, totalMs }: { row: TreeRow<SpanOutline>; totalMs: number }) {
  const { span, offsetMs, durationMs } = node
  const left = totalMs > 0 ? (offsetMs / totalMs) * 100 : 0
  const width = totalMs > 0 ? (durationMs / totalMs) * 100 : 100
  const waiting = span?.ttftMs && durationMs > 0 ? Math.min(100, (span.ttftMs / durationMs) * 100) : 0
  const colour = !span ? 'var(--line-strong)' : span.status === 'error' ? 'var(--bad)' : kindLooks[span.kind].colour
  const end = left + width
  const place = end < 80 ? 'after' : width > 18 ? 'inside' : 'before'
  return (
    <>
      <span
        className="absolute top-1/2 h-3 -translate-y-1/2 rounded-[2px]"
        style={{
          left: `${left}%`,
          width: `max(2px, ${width}%)`,
          background: colour,
          opacity: span ? 1 : 0.5,
        }}
      >
        {waiting > 0 && (
          <span className="absolute inset-y-0 left-0 rounded-l-[2px] bg-surface/55" style={{ width: `${waiting}%` }} />
        )}
      </span>
      <span
        className={classes(
          'absolute top-1/2 -translate-y-1/2 whitespace-nowrap px-1.5 text-xs',
          place === 'inside' ? 'rounded-sm bg-canvas/75 text-ink' : 'text-muted',
        )}
        style={
          place === 'after'
            ? { left: `calc(${end}% + 2px)` }
            : { right: `${Math.max(0, 100 - (place === 'inside' ? end : left))}%` }
        }
      >
        {duration(durationMs)}
      </span>
    </>
  )
}
