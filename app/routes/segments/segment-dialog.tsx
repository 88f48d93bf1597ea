import { useFetcher } from '@remix-run/react'
import { type FormEvent, Fragment, type ReactNode, useEffect, useState } from 'react'
import type { Condition } from '../../../db/domain/flags/condition.ts'
import { Button } from '../../components/button.tsx'
import { Conditions } from '../../components/conditions.tsx'
import { Dialog } from '../../components/dialog.tsx'
import { Field } from '../../components/field.tsx'
import { Input, Textarea } from '../../components/input.tsx'
import { Select } from '../../components/select.tsx'
import { ErrorState } from '../../components/states.tsx'
import { useDraft } from '../flag/use-save.ts'
import type { action, SegmentView } from './route.tsx'

const empty = {
  key: '',
  description: '',
  match: 'all' as 'all' | 'any',
  when: [] as Condition[],
  include: [] as string[],
  exclude: [] as string[],
}

/** Makes or edits a segment. */
export function SegmentDialog({ segment, trigger }: { segment?: SegmentView; trigger: ReactNode }) {
  const [open, setOpen] = useState(false)
  return (
    <Dialog
      wide
      title={segment ? `Segment ${segment.key}` : 'New segment'}
      trigger={trigger}
      open={open}
      onOpenChange={setOpen}
    >
      {open && <SegmentForm segment={segment} onDone={() => setOpen(false)} />}
    </Dialog>
  )
}

function SegmentForm({ segment, onDone }: { segment?: SegmentView; onDone: () => void }) {
  const fetcher = useFetcher<typeof action>()
  const { key, description, match, when, include, exclude } = segment ?? empty
  const revision = segment?.revision ?? 0
  const { draft, from, set, reset } = useDraft({ key, description, match, when, include, exclude }, revision)
  const answer = fetcher.data
  const busy = fetcher.state !== 'idle'
  useEffect(() => {
    if (answer?.ok && !busy) onDone()
  }, [answer, busy, onDone])
  const faultAt = (path: string) =>
    answer && !answer.ok
      ? answer.faults.find(fault => fault.path === path || fault.path.startsWith(`${path}.`))?.message
      : undefined
  const submit = (event: FormEvent) => {
    event.preventDefault()
    const fields = { intent: 'save', key: draft.key, from: String(from), doc: JSON.stringify(draft) }
    fetcher.submit(fields, { method: 'post' })
  }
  const stale = answer?.ok === false && answer.stale
  const refused = answer?.ok === false && !busy && !(stale && from === revision)
  return (
    <form onSubmit={submit} className="grid gap-4" noValidate>
      {!segment && (
        <Field label="Key" error={faultAt('key')}>
          <Input
            value={draft.key}
            autoFocus
            spellCheck={false}
            onChange={event => set({ key: event.target.value.trim() })}
          />
        </Field>
      )}
      <Field label="Description" optional>
        <Input
          value={draft.description}
          maxLength={2000}
          onChange={event => set({ description: event.target.value })}
        />
      </Field>
      <Field label="Belongs to it who meets">
        <Select
          className="w-full"
          value={draft.match}
          onChange={match => set({ match: match as 'all' | 'any' })}
          options={[
            { value: 'all', label: 'all of these conditions' },
            { value: 'any', label: 'any of these conditions' },
          ]}
        />
      </Field>
      <Conditions
        value={draft.when}
        segments={[]}
        joint={draft.match === 'all' ? 'and' : 'or'}
        fault={at => faultAt(`when.${at}`)}
        onChange={when => set({ when })}
      />
      <Fragment key={from}>
        <Lines label="Always in it, by targetingKey" value={draft.include} onChange={include => set({ include })} />
        <Lines label="Never in it, by targetingKey" value={draft.exclude} onChange={exclude => set({ exclude })} />
      </Fragment>
      {refused && (
        <ErrorState
          title={stale ? 'Somebody was faster' : 'Not saved'}
          actions={
            stale && (
              <Button size="sm" onClick={reset}>
                Take the newer one, without my changes
              </Button>
            )
          }
        >
          {answer.message}
        </ErrorState>
      )}
      <div className="flex justify-end">
        <Button type="submit" look="primary" busy={busy}>
          Save
        </Button>
      </div>
    </form>
  )
}

/** Ids, one a line. */
function Lines({ label, value, onChange }: { label: string; value: string[]; onChange: (lines: string[]) => void }) {
  const read = (text: string) => text.split('\n').map(line => line.trim())
  return (
    <Field label={label} hint="One a line." optional>
      <Textarea
        rows={3}
        className="font-mono text-sm"
        spellCheck={false}
        defaultValue={value.join('\n')}
        onChange={event => onChange(read(event.target.value).filter(Boolean))}
      />
    </Field>
  )
}
