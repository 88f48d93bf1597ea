import { CornerDownRight, Info, Repeat, RotateCcw, TriangleAlert } from 'lucide-react'
import { classes } from '../../components/classes.ts'
import { answerOf } from './answer-of.ts'
import { InterruptCard } from './interrupt-card.tsx'
import { Message } from './message.tsx'
import type { LoadedRun } from './route.tsx'
import { hasEnded, type NoteStep, type RunView } from './run-view.ts'
import { ToolCard } from './tool-card.tsx'

/** What was asked, then all that happened, in order, as it happens. */
export function Steps({
  projectId,
  run,
  view,
  approver,
}: {
  projectId: string
  run: LoadedRun
  view: RunView
  approver: string
}) {
  const last = view.steps.at(-1)
  const answer = answerOf(view.result)?.answer
  const quiet = !hasEnded(view.status) && view.status !== 'interrupted' && !(last?.kind === 'message' && !last.ended)
  return (
    <section aria-label="What happened" className="grid gap-3">
      <Asked input={run.input} />
      <ol className="relative ml-2 grid gap-3 border-line border-l pl-5">
        {view.steps.map(step => (
          <li key={`${step.kind}-${step.id}`} className="min-w-0">
            {step.kind === 'message' ? (
              <Message step={step} answer={answer} />
            ) : step.kind === 'tool' ? (
              <ToolCard step={step} ended={hasEnded(view.status)} />
            ) : step.kind === 'interrupt' ? (
              <InterruptCard
                projectId={projectId}
                runId={run.id}
                step={step}
                approver={approver}
                status={view.status}
              />
            ) : (
              <Note step={step} />
            )}
          </li>
        ))}
        {quiet && (
          <li className="flex items-center gap-2 text-muted">
            <span className="pulse-dot size-2 rounded-full bg-accent" aria-hidden />
            {view.status === 'queued' ? 'Waiting for a worker' : 'Working'}
          </li>
        )}
      </ol>
    </section>
  )
}

function Asked({ input }: { input: unknown }) {
  const question = input && typeof input === 'object' && 'question' in input ? String(input.question) : undefined
  const { question: _, ...others } = (input ?? {}) as Record<string, unknown>
  const rest = question === undefined ? input : Object.keys(others).length > 0 ? others : undefined
  return (
    <div className="rounded-md border border-line bg-surface px-4 py-3">
      <h2 className="text-muted text-sm">Asked</h2>
      {question !== undefined && <p className="whitespace-pre-wrap wrap-anywhere text-lg">{question}</p>}
      {rest !== undefined && <Rest value={rest} />}
    </div>
  )
}

/** The rest of the input: plain values as words, all else as JSON. */
function Rest({ value }: { value: unknown }) {
  const entries = value && typeof value === 'object' && !Array.isArray(value) ? Object.entries(value) : []
  if (entries.length > 0 && entries.every(([, part]) => typeof part !== 'object')) {
    return <p className="wrap-anywhere text-muted">{entries.map(([name, part]) => `${name}: ${part}`).join(' · ')}</p>
  }
  return <pre className="whitespace-pre-wrap wrap-anywhere text-muted">{JSON.stringify(value, null, 2)}</pre>
}

const marks = { progress: CornerDownRight, fallback: Repeat, warning: TriangleAlert, reset: RotateCcw } as const
const leads = { progress: '', fallback: 'Model fallback: ', warning: 'Warning: ', reset: 'Started again: ' } as const

function Note({ step }: { step: NoteStep }) {
  const Mark = marks[step.kind] ?? Info
  return (
    <p className={classes('flex items-start gap-2', step.kind === 'progress' ? 'text-muted' : 'text-warn')}>
      <Mark size={14} aria-hidden className="mt-0.75 shrink-0" />
      <span className="min-w-0 wrap-anywhere">
        {leads[step.kind]}
        {step.text}
      </span>
    </p>
  )
}
