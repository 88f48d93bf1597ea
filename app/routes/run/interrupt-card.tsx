import { Check, Hand, X } from 'lucide-react'
import { useState } from 'react'
import type { RunStatus } from '../../../db/domain/run.ts'
import { answerInterrupt, type Decision } from '../../api/runs.ts'
import { Button } from '../../components/button.tsx'
import { CodeBlock } from '../../components/code-block.tsx'
import { Field } from '../../components/field.tsx'
import { Input } from '../../components/input.tsx'
import { Markdown } from '../../components/markdown.tsx'
import { hasEnded, type InterruptStep } from './run-view.ts'

/** The run waits for a person: what it wants to do, and the two answers. */
export function InterruptCard({
  projectId,
  runId,
  step,
  approver,
  status,
}: {
  projectId: string
  runId: string
  step: InterruptStep
  approver: string
  status: RunStatus
}) {
  const [reason, setReason] = useState('')
  const [busy, setBusy] = useState(false)
  const [fault, setFault] = useState<string>()
  const answer = async (decision: Decision) => {
    setBusy(true)
    setFault(undefined)
    try {
      await answerInterrupt(projectId, runId, step.id, { decision, approver })
    } catch (error) {
      setFault(error instanceof Error ? error.message : String(error))
      setBusy(false)
    }
  }
  const open = !step.answer && !hasEnded(status)
  return (
    <section
      aria-label="Waits for your decision"
      className={`grid min-w-0 gap-3 rounded-md border px-4 py-3 ${open ? 'border-accent bg-accent-soft' : 'border-line bg-surface'}`}
    >
      <h3 className="flex items-center gap-2 font-medium">
        <Hand size={15} aria-hidden />
        {heading(step)}
      </h3>
      <Asked value={step.value} />
      {step.answer && <Answered decision={step.answer.decision} approver={step.answer.approver} />}
      {!step.answer && !open && <p className="text-muted">The run ended before anybody decided.</p>}
      {open && (
        <>
          <Field label="Reason" optional hint="Told to the run when you reject." error={fault}>
            <Input value={reason} onChange={event => setReason(event.target.value)} maxLength={2000} />
          </Field>
          <div className="flex gap-2">
            <Button look="primary" icon={Check} busy={busy} onClick={() => answer({ approve: true })}>
              Approve
            </Button>
            <Button
              icon={X}
              busy={busy}
              onClick={() => answer({ approve: false, ...(reason.trim() && { reason: reason.trim() }) })}
            >
              Reject
            </Button>
          </div>
        </>
      )}
    </section>
  )
}

function heading({ value }: InterruptStep) {
  const action =
    value && typeof value === 'object' && 'action' in value ? String(value.action).replaceAll('_', ' ') : ''
  return action ? `Wants to ${action}` : 'Waits for a decision'
}

function Asked({ value }: { value: unknown }) {
  if (value === null) return null
  if (typeof value === 'string') return <Markdown text={value} />
  if (!value || typeof value !== 'object') return <pre>{JSON.stringify(value)}</pre>
  const { action: _, ...rest } = value as Record<string, unknown>
  return (
    <dl className="grid gap-2">
      {Object.entries(rest).map(([name, part]) => (
        <div key={name} className="min-w-0">
          <dt className="text-muted text-sm">{name.replaceAll('_', ' ')}</dt>
          <dd>
            {typeof part === 'string' ? (
              <Markdown text={part} />
            ) : typeof part === 'object' && part !== null ? (
              <CodeBlock label="JSON" text={JSON.stringify(part, null, 2)} fold={200} />
            ) : (
              String(part)
            )}
          </dd>
        </div>
      ))}
    </dl>
  )
}

function Answered({ decision, approver }: { decision: unknown; approver: string | null }) {
  const { approve, reason } = (decision ?? {}) as { approve?: boolean; reason?: string }
  const word = approve === undefined ? `Answered ${JSON.stringify(decision)}` : approve ? 'Approved' : 'Rejected'
  return (
    <p className="flex items-center gap-1.5">
      {approve === false ? <X size={14} aria-hidden /> : <Check size={14} aria-hidden />}
      {word}
      {approver && ` by ${approver}`}
      {reason && `: ${reason}`}
    </p>
  )
}
