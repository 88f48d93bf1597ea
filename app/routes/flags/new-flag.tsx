import { useFetcher, useSearchParams } from '@remix-run/react'
import { Plus } from 'lucide-react'
import { useState } from 'react'
import { Button } from '../../components/button.tsx'
import { Dialog } from '../../components/dialog.tsx'
import { Field } from '../../components/field.tsx'
import { Input } from '../../components/input.tsx'
import { Select } from '../../components/select.tsx'
import type { action } from './route.tsx'

const types = [
  { value: 'workflow', label: 'Workflow', hint: 'Off, control or canary of one of your workflows' },
  { value: 'boolean', label: 'Boolean', hint: 'true or false' },
  { value: 'string', label: 'String', hint: 'A text in variants' },
  { value: 'number', label: 'Number', hint: 'A number in variants' },
  { value: 'object', label: 'Object', hint: 'JSON in variants' },
]

/** Makes a flag that changes nothing yet; all else is set on its page. Open while `?new` is in the URL. */
export function NewFlag({ workflows }: { workflows: string[] }) {
  const fetcher = useFetcher<typeof action>()
  const [params, setParams] = useSearchParams()
  const [type, setType] = useState('workflow')
  const [chosen, setChosen] = useState(workflows[0] ?? '')
  const errors = fetcher.data?.errors ?? {}
  const toggle = (open: boolean) =>
    setParams(
      now => {
        if (open) now.set('new', '')
        else now.delete('new')
        return now
      },
      { replace: true, preventScrollReset: true },
    )
  const named = type === 'workflow' && workflows.length > 0 && chosen !== other
  return (
    <Dialog
      title="New flag"
      description="It changes nothing until you switch it."
      open={params.has('new')}
      onOpenChange={toggle}
      trigger={
        <Button look="primary" icon={Plus}>
          New flag
        </Button>
      }
    >
      <fetcher.Form method="post" className="grid gap-4" noValidate>
        <Field label="Type">
          <Select name="type" value={type} onChange={setType} options={types} className="w-full" />
        </Field>
        {type === 'workflow' && workflows.length > 0 && (
          <Field label="Workflow" hint="Those that the running workers know." error={named ? errors.key : undefined}>
            <Select
              name={named ? 'key' : undefined}
              value={chosen}
              onChange={setChosen}
              className="w-full"
              options={[
                ...workflows.map(name => ({ value: name, label: name })),
                { value: other, label: 'Another one', hint: 'One of your own application' },
              ]}
            />
          </Field>
        )}
        {!named && (
          <Field
            label={type === 'workflow' ? 'Name of the workflow' : 'Key'}
            hint="Letters, digits and . _ : @ -. It cannot be changed later."
            error={errors.key ?? errors.form}
          >
            <Input name="key" required maxLength={100} autoComplete="off" spellCheck={false} autoFocus />
          </Field>
        )}
        <Field label="Description" optional error={errors.description}>
          <Input name="description" maxLength={2000} autoComplete="off" />
        </Field>
        <div className="flex justify-end">
          <Button type="submit" look="primary" busy={fetcher.state !== 'idle'}>
            Create
          </Button>
        </div>
      </fetcher.Form>
    </Dialog>
  )
}

const other = '\u0000other'
