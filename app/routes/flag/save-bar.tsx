import { useState } from 'react'
import { Button } from '../../components/button.tsx'
import { Input } from '../../components/input.tsx'
import { ErrorState } from '../../components/states.tsx'
import type { Changing } from './use-save.ts'

/** Under a section that is edited: why, save, put back; and what the server said against it. */
export function SaveBar({
  changing,
  dirty,
  onSave,
  onReset,
  saved = 'Saved.',
}: {
  changing: Changing
  dirty: boolean
  onSave: (why: string) => void
  onReset: () => void
  saved?: string
}) {
  const [why, setWhy] = useState('')
  const { answer, busy } = changing
  const save = () => {
    onSave(why)
    setWhy('')
  }
  return (
    <div className="grid gap-3 border-line border-t pt-3">
      {answer && !answer.ok && !busy && (
        <ErrorState
          title={answer.stale ? 'Somebody was faster' : 'Not saved'}
          actions={
            answer.stale && (
              <Button size="sm" onClick={onReset}>
                Take the newer one, without my changes
              </Button>
            )
          }
        >
          {answer.message}
        </ErrorState>
      )}
      <div className="flex flex-wrap items-center gap-2">
        <Input
          aria-label="Why (optional)"
          placeholder="Why (optional)"
          value={why}
          maxLength={1000}
          onChange={event => setWhy(event.target.value)}
          className="min-w-40 max-w-sm flex-1"
          disabled={!dirty}
        />
        <Button look="primary" onClick={save} disabled={!dirty} busy={busy}>
          Save
        </Button>
        {dirty && (
          <Button look="ghost" onClick={onReset}>
            Put back
          </Button>
        )}
        <span role="status" className="text-muted">
          {!dirty && !busy && answer?.ok && saved}
        </span>
      </div>
    </div>
  )
}

/** The server's words on a field, by its path or one below it. */
export function faultAt(changing: Changing, path: string): string | undefined {
  const { answer } = changing
  if (!answer || answer.ok) return undefined
  return answer.faults.find(fault => fault.path === path || fault.path.startsWith(`${path}.`))?.message
}
