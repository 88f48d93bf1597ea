import { MessageSquare, ThumbsDown, ThumbsUp } from 'lucide-react'
import { type FormEvent, useState } from 'react'
import { sendSignal } from '../api/signals.ts'
import { Button } from './button.tsx'
import { classes } from './classes.ts'
import { Field } from './field.tsx'
import { Textarea } from './input.tsx'

type FeedbackProps = {
  projectId: string
  traceId: string
  runId?: string
  /** What was said already: 1, -1, or nothing. */
  thumbs?: 1 | -1
  onSent?: () => void
}

/** The id of the thumb that is given here: a later one takes its place. */
export const thumbId = (traceId: string) => `dashboard-thumbs-${traceId}`

/** Thumbs, and a comment with them. The mark shows at once, and goes back when the server refuses it. */
export function Feedback({ projectId, traceId, runId, thumbs: first, onSent }: FeedbackProps) {
  const [thumbs, setThumbs] = useState(first)
  const [commenting, setCommenting] = useState(false)
  const [said, setSaid] = useState('')
  const [fault, setFault] = useState<string>()
  const [busy, setBusy] = useState(false)

  const send = async (signal: Omit<Parameters<typeof sendSignal>[1], 'trace_id' | 'run_id'>, undo: () => void) => {
    setFault(undefined)
    try {
      await sendSignal(projectId, { ...signal, trace_id: traceId, run_id: runId })
      onSent?.()
      return true
    } catch (error) {
      undo()
      setFault(error instanceof Error ? error.message : String(error))
      return false
    }
  }
  const vote = async (value: 1 | -1) => {
    const before = thumbs
    setThumbs(value)
    if (value === -1) setCommenting(true)
    const sent = await send({ id: thumbId(traceId), kind: 'thumbs', value }, () => setThumbs(before))
    if (sent) setSaid(value === 1 ? 'Marked as good.' : 'Marked as bad.')
  }
  const comment = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    const text = String(new FormData(event.currentTarget).get('comment')).trim()
    if (!text) return
    setBusy(true)
    const sent = await send({ kind: 'comment', comment: text }, () => {})
    setBusy(false)
    if (!sent) return
    setCommenting(false)
    setSaid('Comment saved.')
  }

  return (
    <div className="grid gap-2">
      <div className="flex flex-wrap items-center gap-2">
        <span className="text-muted">Was this good?</span>
        <Vote
          icon={ThumbsUp}
          label="Good"
          on={thumbs === 1}
          tone="!border-current !text-good"
          onClick={() => vote(1)}
        />
        <Vote
          icon={ThumbsDown}
          label="Bad"
          on={thumbs === -1}
          tone="!border-current !text-bad"
          onClick={() => vote(-1)}
        />
        <Button
          size="sm"
          look="ghost"
          icon={MessageSquare}
          aria-expanded={commenting}
          onClick={() => setCommenting(!commenting)}
        >
          Comment
        </Button>
        <span role="status" className="text-muted text-sm">
          {said}
        </span>
      </div>
      {fault && (
        <p role="alert" className="text-bad text-sm">
          {fault}
        </p>
      )}
      {commenting && (
        <form onSubmit={comment} className="grid max-w-xl gap-2">
          <Field label="What was wrong, or right?">
            <Textarea name="comment" rows={3} maxLength={10_000} required />
          </Field>
          <div>
            <Button type="submit" size="sm" busy={busy}>
              Save comment
            </Button>
          </div>
        </form>
      )}
    </div>
  )
}

function Vote({
  icon,
  label,
  on,
  tone,
  onClick,
}: {
  icon: typeof ThumbsUp
  label: string
  on: boolean
  tone: string
  onClick: () => void
}) {
  return (
    <Button size="sm" icon={icon} aria-pressed={on} className={classes(on && tone)} onClick={onClick}>
      {label}
    </Button>
  )
}
