import { useFetcher } from '@remix-run/react'
import { Plus } from 'lucide-react'
import { useEffect, useState } from 'react'
import { Button } from '../../components/button.tsx'
import { Dialog } from '../../components/dialog.tsx'
import { Field } from '../../components/field.tsx'
import { Input } from '../../components/input.tsx'
import { Select } from '../../components/select.tsx'
import { ErrorState } from '../../components/states.tsx'
import type { action } from './route.tsx'

const matches = [
  { value: 'equals', label: 'is exactly this' },
  { value: 'starts_with', label: 'begins with this' },
  { value: 'contains', label: 'contains this' },
]

const rates = [
  { name: 'input', label: 'Input', hint: 'Also for cached tokens, unless they have a price.' },
  { name: 'output', label: 'Output', hint: 'Also for reasoning, unless it has a price.' },
  { name: 'cacheRead', label: 'Cached, read', optional: true },
  { name: 'cacheWrite', label: 'Cached, written', optional: true },
  { name: 'cacheWrite1h', label: 'Written for an hour', optional: true },
  { name: 'reasoning', label: 'Reasoning', optional: true },
  { name: 'inputAudio', label: 'Audio, input', optional: true },
  { name: 'outputAudio', label: 'Audio, output', optional: true },
  { name: 'perThousandRequests', label: '1,000 requests', optional: true },
]

/** Says what a model costs: a price of its own for this project, before the list's. */
export function PriceForm({
  provider,
  model,
  isKnown = true,
}: {
  provider?: string
  model?: string
  isKnown?: boolean
}) {
  const fetcher = useFetcher<typeof action>()
  const [open, setOpen] = useState(false)
  const answer = fetcher.data
  const values: Record<string, string> = answer?.values ?? {}
  useEffect(() => {
    if (fetcher.state === 'idle' && answer?.said) setOpen(false)
  }, [fetcher.state, answer])
  const trigger =
    model === undefined ? (
      <Button size="sm" icon={Plus}>
        Set a price
      </Button>
    ) : (
      <Button size="sm" look={isKnown ? 'ghost' : 'plain'} aria-label={`Set a price for ${model}`}>
        Set
      </Button>
    )
  return (
    <Dialog
      title={model ? `Price of ${model}` : 'Set a price'}
      description="US dollars for a million tokens. It goes before the list, for this project alone, and each change is kept in the history."
      trigger={trigger}
      open={open}
      onOpenChange={setOpen}
      wide
    >
      <fetcher.Form method="post" action="?" noValidate className="grid gap-4">
        <input type="hidden" name="intent" value="add" />
        {answer?.errors?.form && <ErrorState title={answer.errors.form} />}
        <div className="grid gap-4 sm:grid-cols-2">
          <Field label="Model" error={answer?.errors?.model}>
            <Input name="model" required defaultValue={values.model ?? model} className="font-mono" />
          </Field>
          <Field label="A model’s name">
            <Select name="match" options={matches} defaultValue={values.match ?? 'equals'} />
          </Field>
          <Field label="Provider" hint="Empty: whoever serves it." error={answer?.errors?.provider}>
            <Input name="provider" defaultValue={values.provider ?? provider} />
          </Field>
          <Field label="Valid from (UTC)" hint="Empty: since ever." error={answer?.errors?.validFrom}>
            <Input name="validFrom" type="datetime-local" defaultValue={values.validFrom} />
          </Field>
        </div>
        <div className="grid grid-cols-2 items-start gap-4 sm:grid-cols-3">
          {rates.map(({ name, label, hint, optional }) => (
            <Field key={name} label={label} hint={hint} optional={optional} error={answer?.errors?.[name]}>
              <Input name={name} inputMode="decimal" defaultValue={values[name]} placeholder="$" />
            </Field>
          ))}
        </div>
        <div className="flex justify-end gap-2">
          <Button look="ghost" onClick={() => setOpen(false)}>
            Cancel
          </Button>
          <Button type="submit" look="primary" busy={fetcher.state !== 'idle'}>
            Set the price
          </Button>
        </div>
      </fetcher.Form>
    </Dialog>
  )
}
