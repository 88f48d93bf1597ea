import { useState } from 'react'
import { Field } from '../../components/field.tsx'
import { Input, Textarea } from '../../components/input.tsx'
import { Select } from '../../components/select.tsx'
import { type FormField, fieldsOf } from '../runs/schema-form.ts'

type Params = Record<string, unknown>
type ParamsProps = {
  /** JSON Schema of the workflow's parameters. */
  schema: unknown
  params: Params
  inherited: Params
  fault: (name: string) => string | undefined
  onChange: (params: Params) => void
}

/** A control for each parameter that the workflow declares; one that is left empty is not set. */
export function ParamFields({ schema, params, inherited, fault, onChange }: ParamsProps) {
  const set = (name: string, value: unknown) => {
    const { [name]: _, ...rest } = params
    onChange(value === undefined ? rest : { ...rest, [name]: value })
  }
  return fieldsOf(schema).map(field => (
    <Field key={field.name} label={field.label} hint={field.hint} error={fault(field.name)} optional>
      <ParamInput
        field={field}
        value={params[field.name]}
        otherwise={inherited[field.name] ?? field.initial}
        onChange={value => set(field.name, value)}
      />
    </Field>
  ))
}

/** What a Field wires its control up with. */
type Wiring = { id?: string; 'aria-invalid'?: boolean; 'aria-describedby'?: string }
type ParamInputProps = Wiring & {
  field: FormField
  value: unknown
  otherwise: unknown
  onChange: (value: unknown) => void
}

const unset = '\u0000unset'

function ParamInput({ field: { kind, choices }, value, otherwise, onChange, ...rest }: ParamInputProps) {
  const placeholder = otherwise === undefined ? 'Not set' : `Not set: ${textOf(otherwise)}`
  const options = kind === 'switch' ? ['true', 'false'] : choices
  if (options)
    return (
      <Select
        {...rest}
        className="w-full"
        value={value === undefined ? unset : textOf(value)}
        onChange={text => onChange(text === unset ? undefined : kind === 'switch' ? text === 'true' : text)}
        options={[{ value: unset, label: placeholder }, ...options.map(one => ({ value: one, label: one }))]}
      />
    )
  if (kind === 'number')
    return (
      <Input
        {...rest}
        type="number"
        step="any"
        value={value === undefined ? '' : textOf(value)}
        placeholder={placeholder}
        onChange={event => onChange(event.target.value === '' ? undefined : Number(event.target.value))}
      />
    )
  if (kind === 'json') return <JsonInput {...rest} value={value} placeholder={placeholder} onChange={onChange} />
  return (
    <Input
      {...rest}
      value={value === undefined ? '' : textOf(value)}
      placeholder={placeholder}
      onChange={event => onChange(event.target.value || undefined)}
    />
  )
}

/** JSON as it is typed; what is not JSON yet is marked, and kept as a text, so that saving says so. */
export function JsonInput({
  value,
  placeholder,
  onChange,
  ...rest
}: Wiring & {
  value: unknown
  placeholder?: string
  onChange: (value: unknown) => void
}) {
  const [text, setText] = useState(value === undefined ? '' : JSON.stringify(value, null, 2))
  const [bad, setBad] = useState(false)
  const change = (next: string) => {
    setText(next)
    try {
      onChange(next.trim() === '' ? undefined : JSON.parse(next))
      setBad(false)
    } catch {
      onChange(next)
      setBad(true)
    }
  }
  return (
    <Textarea
      {...rest}
      rows={4}
      spellCheck={false}
      className="font-mono text-sm"
      aria-invalid={bad || undefined}
      value={text}
      placeholder={placeholder}
      onChange={event => change(event.target.value)}
    />
  )
}

const textOf = (value: unknown) => (typeof value === 'string' ? value : JSON.stringify(value))
