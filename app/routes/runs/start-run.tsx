import { useNavigate, useSearchParams } from '@remix-run/react'
import { Play } from 'lucide-react'
import { type FormEvent, useEffect, useState } from 'react'
import { ApiError } from '../../api/call.ts'
import { fetchWorkflows, startRun, type WorkflowInfo } from '../../api/runs.ts'
import { Button } from '../../components/button.tsx'
import { Dialog } from '../../components/dialog.tsx'
import { Field } from '../../components/field.tsx'
import { Input } from '../../components/input.tsx'
import { Select } from '../../components/select.tsx'
import { ErrorState } from '../../components/states.tsx'
import { InputField } from './input-field.tsx'
import { fieldsOf, inputOf } from './schema-form.ts'

type Fault = { field?: string; message: string }

/** The button and the form that starts a run; `?start=name` opens it, so that it can be linked. */
export function StartRun({ projectId }: { projectId: string }) {
  const [params, setParams] = useSearchParams()
  const navigate = useNavigate()
  const chosen = params.get('start')
  const [workflows, setWorkflows] = useState<WorkflowInfo[]>()
  const [fault, setFault] = useState<Fault>()
  const [busy, setBusy] = useState(false)
  const open = chosen !== null

  useEffect(() => {
    if (!open) return
    const stop = new AbortController()
    fetchWorkflows(projectId, stop.signal).then(setWorkflows, error => {
      if (!stop.signal.aborted) setFault({ message: error instanceof Error ? error.message : String(error) })
    })
    return () => stop.abort()
  }, [open, projectId])

  const choose = (name: string | undefined) =>
    setParams(
      now => {
        if (name === undefined) now.delete('start')
        else now.set('start', name)
        return now
      },
      { replace: true, preventScrollReset: true },
    )
  const workflow = workflows?.find(({ name }) => name === chosen) ?? workflows?.[0]
  const fields = fieldsOf(workflow?.schema)

  const submit = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    if (!workflow) return
    const form = new FormData(event.currentTarget)
    const made = inputOf(fields, form)
    if ('message' in made) return setFault(made)
    setBusy(true)
    setFault(undefined)
    try {
      const userId = String(form.get('user_id') ?? '').trim() || undefined
      const run = await startRun(projectId, { workflow: workflow.name, input: made.input, user_id: userId })
      navigate(`/p/${projectId}/runs/${run.run_id}`)
    } catch (error) {
      const field = error instanceof ApiError ? error.path?.replace(/^input\./, '') : undefined
      setFault({ field, message: error instanceof Error ? error.message : String(error) })
      setBusy(false)
    }
  }

  const errorOf = (name: string) => (fault?.field === name ? fault.message : undefined)
  const general = fault && !fields.some(({ name }) => name === fault.field) ? fault.message : undefined
  return (
    <>
      <Button look="primary" icon={Play} onClick={() => choose('')}>
        Start a run
      </Button>
      <Dialog
        title="Start a run"
        description={workflow?.description}
        open={open}
        onOpenChange={now => {
          if (!now) choose(undefined)
          setFault(undefined)
        }}
        wide
      >
        <form onSubmit={submit} className="grid gap-4" noValidate>
          {general && <ErrorState title={general} />}
          {workflows && workflows.length > 1 && (
            <Field label="Workflow">
              <Select
                value={workflow?.name}
                onChange={choose}
                options={workflows.map(({ name, version }) => ({ value: name, label: `${name} v${version}` }))}
              />
            </Field>
          )}
          {fields.map((field, at) => (
            <InputField
              key={`${workflow?.name}.${field.name}`}
              field={field}
              error={errorOf(field.name)}
              autoFocus={at === 0}
            />
          ))}
          <Field label="User" optional hint="The end user this run is for; limits and feedback go by user.">
            <Input name="user_id" autoComplete="off" />
          </Field>
          <div className="flex justify-end">
            <Button type="submit" look="primary" icon={Play} busy={busy} disabled={!workflow}>
              Start
            </Button>
          </div>
        </form>
      </Dialog>
    </>
  )
}
