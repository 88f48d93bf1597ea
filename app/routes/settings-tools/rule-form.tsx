import { useFetcher } from '@remix-run/react'
import { Plus } from 'lucide-react'
import { useEffect, useState } from 'react'
import type { ToolRule } from '../../../db/domain/tool-rules.ts'
import { Button } from '../../components/button.tsx'
import { Dialog } from '../../components/dialog.tsx'
import { Field } from '../../components/field.tsx'
import { Input } from '../../components/input.tsx'
import { Select } from '../../components/select.tsx'
import { ErrorState } from '../../components/states.tsx'
import type { action } from './route.tsx'
import { choices, whatOf } from './rule-words.ts'
import { TriedResults } from './tried-results.tsx'

/** Sets, tries or removes the rule of a tool. */
export function RuleForm({ tool, rule = null }: { tool?: string; rule?: ToolRule | null }) {
  const fetcher = useFetcher<typeof action>()
  const [open, setOpen] = useState(false)
  const [when, setWhen] = useState<string>(rule?.when ?? 'no_rows')
  const answer = fetcher.data
  const busy = fetcher.state !== 'idle'
  useEffect(() => {
    if (fetcher.state === 'idle' && answer?.said) setOpen(false)
  }, [fetcher.state, answer])
  return (
    <Dialog
      title={tool ? `When ${tool} is empty` : 'Add a rule'}
      description="It holds for results to come. A call that failed stays failed, and what a client says of the outcome itself stands."
      trigger={
        tool === undefined ? (
          <Button size="sm" icon={Plus}>
            Add a rule
          </Button>
        ) : (
          <Button size="sm" look="ghost" aria-label={`Rule of ${tool}`}>
            {rule ? 'Change' : 'Set'}
          </Button>
        )
      }
      open={open}
      onOpenChange={setOpen}
      wide
    >
      <fetcher.Form method="post" action="?" noValidate className="grid gap-4">
        {answer?.errors?.form && <ErrorState title={answer.errors.form} />}
        <div className="grid items-start gap-4 sm:grid-cols-2">
          <Field label="Tool" error={answer?.errors?.tool}>
            <Input name="tool" required defaultValue={tool} readOnly={tool !== undefined} className="font-mono" />
          </Field>
          <Field label="Its result is empty when">
            <Select name="when" options={choices} value={when} onChange={setWhen} />
          </Field>
        </div>
        {when !== 'never' && (
          <Field
            label={when === 'no_rows' ? 'Path' : when === 'says' ? 'Text' : 'Regular expression'}
            hint={choices.find(({ value }) => value === when)?.hint}
            error={answer?.errors?.what}
          >
            <Input name="what" defaultValue={rule ? whatOf(rule) : ''} className="font-mono" />
          </Field>
        )}
        <div className="flex flex-wrap justify-end gap-2">
          {rule && (
            <Button type="submit" name="intent" value="remove" look="ghost" busy={busy} className="mr-auto">
              Remove the rule
            </Button>
          )}
          <Button type="submit" name="intent" value="try" busy={busy}>
            Try it on the last 20 results
          </Button>
          <Button type="submit" name="intent" value="set" look="primary" busy={busy}>
            Set the rule
          </Button>
        </div>
      </fetcher.Form>
      {answer?.tried && <TriedResults tried={answer.tried} />}
    </Dialog>
  )
}
