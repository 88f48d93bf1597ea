import { useFetcher } from '@remix-run/react'
import { Plus } from 'lucide-react'
import { useState } from 'react'
import { Button, ButtonLink } from '../../components/button.tsx'
import { CodeBlock } from '../../components/code-block.tsx'
import { Dialog, DialogClose } from '../../components/dialog.tsx'
import { Field } from '../../components/field.tsx'
import { Input } from '../../components/input.tsx'
import { Select } from '../../components/select.tsx'
import type { action } from './route.tsx'

/** Makes a key and shows it, this once. */
export function CreateKey({ projectId }: { projectId: string }) {
  const [round, setRound] = useState(0)
  return <CreateDialog key={round} projectId={projectId} onDone={() => setRound(round + 1)} />
}

const audiences = [
  { value: 'server', label: 'Servers', hint: 'Everything that the project’s API does. Keep it secret.' },
  { value: 'client', label: 'Pages', hint: 'Evaluates public flags and sends feedback, nothing else. It may be seen.' },
]

function CreateDialog({ projectId, onDone }: { projectId: string; onDone: () => void }) {
  const fetcher = useFetcher<typeof action>()
  const made = fetcher.data?.key
  return (
    <Dialog
      title={made ? `Key “${made.name}”` : 'Create an API key'}
      description={made ? 'Copy it now: it is not shown again.' : undefined}
      onOpenChange={open => !open && onDone()}
      trigger={
        <Button look="primary" icon={Plus} size="sm">
          Create key
        </Button>
      }
      actions={
        made && (
          <>
            <ButtonLink to={`/p/${projectId}/data-in`} look="ghost">
              Use it to send data
            </ButtonLink>
            <DialogClose>
              <Button look="primary">Done</Button>
            </DialogClose>
          </>
        )
      }
    >
      {made ? (
        <CodeBlock label="API key" text={made.key} />
      ) : (
        <fetcher.Form method="post" className="grid gap-4" noValidate>
          <input type="hidden" name="intent" value="create" />
          <Field
            label="Name"
            hint="Where it will be used, for example: production backend."
            error={fetcher.data?.error}
          >
            <Input name="name" required maxLength={100} autoFocus autoComplete="off" />
          </Field>
          <Field label="For">
            <Select name="audience" defaultValue="server" options={audiences} className="w-full" />
          </Field>
          <div className="flex justify-end">
            <Button type="submit" look="primary" busy={fetcher.state !== 'idle'}>
              Create
            </Button>
          </div>
        </fetcher.Form>
      )}
    </Dialog>
  )
}
