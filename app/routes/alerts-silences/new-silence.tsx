import { useFetcher } from '@remix-run/react'
import { Plus } from 'lucide-react'
import { useState } from 'react'
import { metrics } from '../../../db/domain/metrics.ts'
import { Button } from '../../components/button.tsx'
import { Dialog } from '../../components/dialog.tsx'
import { Field } from '../../components/field.tsx'
import { Checkbox, Input } from '../../components/input.tsx'
import { Select } from '../../components/select.tsx'
import { ErrorState } from '../../components/states.tsx'
import type { action } from './route.tsx'

const all = { value: 'all', label: 'all' }
const lengths = [
  { value: '1', label: '1 hour' },
  { value: '4', label: '4 hours' },
  { value: '24', label: '1 day' },
  { value: '168', label: '1 week' },
  { value: '720', label: '30 days' },
]
const dayNames = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat']

export function NewSilence() {
  const [round, setRound] = useState(0)
  return <Form key={round} onDone={() => setRound(round + 1)} />
}

function Form({ onDone }: { onDone: () => void }) {
  const fetcher = useFetcher<typeof action>()
  const [weekly, setWeekly] = useState(false)
  const [open, setOpen] = useState(false)
  const done = fetcher.state === 'idle' && fetcher.data && !fetcher.data.error
  if (done && open) {
    setOpen(false)
    onDone()
  }
  return (
    <Dialog
      title={weekly ? 'Mute a time of the week' : 'Silence'}
      open={open}
      onOpenChange={setOpen}
      wide
      trigger={
        <Button look="primary" icon={Plus} size="sm">
          New silence
        </Button>
      }
    >
      <fetcher.Form method="post" className="grid gap-4" noValidate>
        {fetcher.data?.error && <ErrorState title={fetcher.data.error} />}
        <div className="grid gap-4 sm:grid-cols-3">
          <Field label="Metric">
            <Select
              name="metric"
              defaultValue="all"
              options={[all, ...metrics.map(({ id, label }) => ({ value: id, label }))]}
            />
          </Field>
          <Field label="Severity">
            <Select
              name="severity"
              defaultValue="all"
              options={[all, { value: 'warning', label: 'warnings' }, { value: 'page', label: 'pages' }]}
            />
          </Field>
          <Field label="Workflow" optional>
            <Input name="workflow" autoComplete="off" />
          </Field>
        </div>
        <Field label="When">
          <Select
            name="kind"
            value={weekly ? 'weekly' : 'once'}
            onChange={kind => setWeekly(kind === 'weekly')}
            options={[
              { value: 'once', label: 'from now on, for a while' },
              { value: 'weekly', label: 'every week, at the same time' },
            ]}
          />
        </Field>
        {weekly ? <Week /> : null}
        <div className={weekly ? 'hidden' : undefined}>
          <Field label="For how long">
            <Select name="hours" defaultValue="24" options={lengths} />
          </Field>
        </div>
        <Field label="Why" optional>
          <Input name="comment" maxLength={500} autoComplete="off" />
        </Field>
        <div className="flex justify-end">
          <Button type="submit" look="primary" busy={fetcher.state !== 'idle'}>
            {weekly ? 'Mute it' : 'Silence it'}
          </Button>
        </div>
      </fetcher.Form>
    </Dialog>
  )
}

function Week() {
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone
  return (
    <>
      <fieldset className="flex flex-wrap gap-x-3 gap-y-1">
        <legend className="mb-1 font-medium text-sm">Days</legend>
        {dayNames.map((name, day) => (
          <Checkbox key={name} name="days" value={day} label={name} defaultChecked={day === 0 || day === 6} />
        ))}
      </fieldset>
      <div className="grid gap-4 sm:grid-cols-3">
        <Field label="From">
          <Input name="from" type="time" defaultValue="00:00" />
        </Field>
        <Field label="To">
          <Input name="to" type="time" defaultValue="00:00" />
        </Field>
        <Field label="Time zone">
          <Input name="zone" defaultValue={zone} />
        </Field>
      </div>
    </>
  )
}
