import { Wrench } from 'lucide-react'
import { StatusBadge } from '../../components/badge.tsx'
import { CodeBlock } from '../../components/code-block.tsx'
import { duration } from '../../components/format.ts'
import type { ToolStep } from './run-view.ts'

/** One tool call: its arguments and what came back; failed and empty ones look so. */
export function ToolCard({ step, ended }: { step: ToolStep; ended: boolean }) {
  const { name, args, notes, outcome, result, message, startedAt, endedAt } = step
  const state = outcome ?? (ended ? 'cancelled' : 'running')
  const tookMs = endedAt ? Date.parse(endedAt) - Date.parse(startedAt) : undefined
  return (
    <details
      open={state === 'error' || state === 'empty'}
      className="group min-w-0 rounded-md border border-line bg-surface open:pb-3"
    >
      <summary className="flex min-h-9 list-none items-center gap-2 px-3 [&::-webkit-details-marker]:hidden">
        <Wrench size={14} aria-hidden className="shrink-0 text-muted" />
        <span className="truncate font-medium">{name}</span>
        <span className="min-w-0 flex-1 truncate font-mono max-sm:invisible text-muted text-sm">{brief(args)}</span>
        {tookMs !== undefined && <span className="shrink-0 text-muted text-sm">{duration(tookMs)}</span>}
        <StatusBadge status={state} />
      </summary>
      <div className="grid gap-2 px-3">
        {message && <p className="wrap-anywhere text-bad">{message}</p>}
        {notes.length > 0 && <p className="text-muted">{notes.join(' · ')}</p>}
        <CodeBlock label="Arguments" text={pretty(args)} fold={240} />
        {outcome && outcome !== 'error' && <CodeBlock label="Result" text={pretty(result)} fold={360} />}
      </div>
    </details>
  )
}

const brief = (args: unknown) => (typeof args === 'string' ? args : (JSON.stringify(args) ?? ''))

/** JSON, indented; a text that holds JSON likewise; any other text as it is. */
function pretty(value: unknown): string {
  if (typeof value !== 'string') return JSON.stringify(value, null, 2) ?? ''
  try {
    return JSON.stringify(JSON.parse(value), null, 2)
  } catch {
    return value
  }
}
