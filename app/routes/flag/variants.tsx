import { Plus, Trash2 } from 'lucide-react'
import { useState } from 'react'
import type { ValueFlag } from '../../../db/domain/flags/flag.ts'
import { Button, IconButton } from '../../components/button.tsx'
import { Field } from '../../components/field.tsx'
import { Input } from '../../components/input.tsx'
import { Panel } from '../../components/page.tsx'
import { Select } from '../../components/select.tsx'
import { JsonInput } from './param-fields.tsx'
import type { FlagView } from './read-flag.server.ts'
import { faultAt, SaveBar } from './save-bar.tsx'
import { toPatch, useChange, useDraft } from './use-save.ts'

type Variants = ValueFlag['variants']

/** The values that a flag can have, by name. */
export function VariantsPanel({ view, flag, mayChange }: { view: FlagView; flag: ValueFlag; mayChange: boolean }) {
  const changing = useChange()
  const stored = { variants: flag.variants, offVariant: flag.offVariant }
  const { draft, dirty, from, set, reset } = useDraft<{ variants: Variants; offVariant: string }>(stored, view.revision)
  const [name, setName] = useState('')
  const names = Object.keys(draft.variants)
  const put = (key: string, value: unknown) =>
    set({ variants: { ...draft.variants, [key]: value as Variants[string] } })
  const remove = (key: string) => {
    const { [key]: _, ...rest } = draft.variants
    set({ variants: rest })
  }
  const add = () => {
    if (name.trim() === '' || names.includes(name.trim())) return
    put(name.trim(), firstValue[flag.type])
    setName('')
  }
  const save = (why: string) => changing.ask({ intent: 'save', from, why, patch: toPatch(draft) })
  return (
    <Panel title="Variants" lead={`Each a value of type ${flag.type}. Rules and shares say who gets which.`}>
      <fieldset disabled={!mayChange} className="grid min-w-0 gap-3">
        <ul className="grid gap-2">
          {names.map(key => (
            <li key={key} className="grid grid-cols-[1fr_auto] items-end gap-2">
              <Field label={key} error={faultAt(changing, `variants.${key}`)}>
                <ValueInput type={flag.type} value={draft.variants[key]} onChange={value => put(key, value)} />
              </Field>
              <IconButton
                icon={Trash2}
                size="sm"
                label={`Remove variant ${key}`}
                disabled={names.length === 1}
                onClick={() => remove(key)}
              />
            </li>
          ))}
        </ul>
        <div className="flex flex-wrap items-center gap-2">
          <Input
            aria-label="Name of a new variant"
            placeholder="name"
            className="!w-40"
            value={name}
            maxLength={100}
            onChange={event => setName(event.target.value)}
          />
          <Button size="sm" icon={Plus} onClick={add}>
            Add a variant
          </Button>
        </div>
        <Field
          label="While it is off"
          hint="Also out of its schedule, after its expiry, and while a prerequisite is not met."
          error={faultAt(changing, 'offVariant')}
        >
          <Select
            className="max-w-64"
            value={draft.offVariant}
            onChange={offVariant => set({ offVariant })}
            options={names.map(key => ({ value: key, label: key }))}
          />
        </Field>
        {mayChange && <SaveBar changing={changing} dirty={dirty} onSave={save} onReset={reset} />}
      </fieldset>
    </Panel>
  )
}

const firstValue = { boolean: false, string: '', number: 0, object: {} }

type ValueInputProps = {
  type: ValueFlag['type']
  value: unknown
  onChange: (value: unknown) => void
  id?: string
  'aria-invalid'?: boolean
  'aria-describedby'?: string
}

function ValueInput({ type, value, onChange, ...rest }: ValueInputProps) {
  if (type === 'boolean')
    return (
      <Select
        {...rest}
        value={String(value)}
        onChange={text => onChange(text === 'true')}
        options={['true', 'false'].map(text => ({ value: text, label: text }))}
      />
    )
  if (type === 'object') return <JsonInput {...rest} value={value} onChange={onChange} />
  return (
    <Input
      {...rest}
      type={type === 'number' ? 'number' : 'text'}
      step="any"
      value={String(value ?? '')}
      onChange={event => onChange(type === 'number' ? Number(event.target.value) : event.target.value)}
    />
  )
}
