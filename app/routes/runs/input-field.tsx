import { Field } from '../../components/field.tsx'
import { Checkbox, Input, Textarea } from '../../components/input.tsx'
import { Select } from '../../components/select.tsx'
import type { FormField } from './schema-form.ts'

/** The control for one field of a workflow's input. */
export function InputField({ field, error, autoFocus }: { field: FormField; error?: string; autoFocus?: boolean }) {
  const { name, label, hint, kind, required, choices, initial, min, max } = field
  if (kind === 'switch') {
    return (
      <div>
        <Checkbox name={name} label={label} defaultChecked={initial === true} />
        {hint && <p className="pl-6 text-muted text-sm">{hint}</p>}
      </div>
    )
  }
  const text = initial === undefined ? undefined : typeof initial === 'string' ? initial : JSON.stringify(initial)
  return (
    <Field label={label} hint={hint} error={error} optional={!required}>
      {kind === 'choice' ? (
        <Select name={name} defaultValue={text} options={(choices ?? []).map(value => ({ value, label: value }))} />
      ) : kind === 'number' ? (
        <Input name={name} type="number" step="any" min={min} max={max} defaultValue={text} />
      ) : kind === 'text' ? (
        <Input name={name} defaultValue={text} autoFocus={autoFocus} />
      ) : (
        <Textarea
          name={name}
          autoFocus={autoFocus}
          rows={kind === 'json' ? 5 : 3}
          defaultValue={text}
          spellCheck={kind !== 'json'}
        />
      )}
    </Field>
  )
}
