import { Plus, Trash2 } from 'lucide-react'
import { useState } from 'react'
import type { Condition } from '../../db/domain/flags/condition.ts'
import { type Operator, operators } from '../../db/domain/flags/operators.ts'
import { Button, IconButton } from './button.tsx'
import { Input } from './input.tsx'
import { Select } from './select.tsx'

type Takes = (typeof operators)[Operator]['takes']

const placeholders: Record<Takes, string> = {
  values: 'value, another value',
  texts: 'text, another text',
  pattern: '^u-[0-9]+$',
  number: '10',
  moment: '2027-01-31',
  range: '>=2.1.0 <3',
  nothing: '',
  segments: '',
}

/** Conditions about the context, one a row; all (or any, as the owner says) must hold. */
export function Conditions({
  value,
  onChange,
  segments,
  fault,
  joint = 'and',
}: {
  value: Condition[]
  onChange: (conditions: Condition[]) => void
  /** Keys of the segments that may be asked for; none where conditions may not ask of segments. */
  segments: string[]
  /** What is wrong with the condition at a place. */
  fault: (at: number) => string | undefined
  joint?: 'and' | 'or'
}) {
  const change = (at: number, part: Partial<Condition>) =>
    onChange(value.map((condition, i) => (i === at ? { ...condition, ...part } : condition)))
  return (
    <div className="grid gap-2">
      {value.map((condition, at) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a condition has no identity but its place
        <div key={at} className="grid gap-1">
          <Row
            condition={condition}
            at={at}
            joint={at > 0 ? joint : 'if'}
            segments={segments}
            onChange={part => change(at, part)}
            onRemove={() => onChange(value.filter((_, i) => i !== at))}
          />
          {fault(at) && (
            <p role="alert" className="text-bad text-sm">
              Condition {at + 1}: {fault(at)}
            </p>
          )}
        </div>
      ))}
      <div>
        <Button size="sm" icon={Plus} onClick={() => onChange([...value, { attribute: '', op: 'is', values: [] }])}>
          Add a condition
        </Button>
      </div>
    </div>
  )
}

function Row({
  condition: { attribute, op, values },
  at,
  joint,
  segments,
  onChange,
  onRemove,
}: {
  condition: Condition
  at: number
  joint: string
  segments: string[]
  onChange: (part: Partial<Condition>) => void
  onRemove: () => void
}) {
  const { takes } = operators[op]
  const known = Object.entries(operators).filter(([, { takes }]) => takes !== 'segments' || segments.length > 0)
  const choose = (next: string) => {
    const to = operators[next as Operator].takes
    const keeps = to !== 'nothing' && (to === 'segments') === (takes === 'segments')
    onChange({
      op: next as Operator,
      values: to === 'segments' ? segments.slice(0, 1) : keeps ? values : [],
      ...(to === 'segments' && { attribute: '' }),
    })
  }
  return (
    <div className="flex flex-wrap items-center gap-1.5">
      <span className="w-7 text-muted text-sm">{joint}</span>
      {takes !== 'segments' && (
        <Input
          aria-label={`Attribute of condition ${at + 1}`}
          placeholder="attribute"
          className="!w-36"
          value={attribute}
          spellCheck={false}
          onChange={event => onChange({ attribute: event.target.value.trim() })}
        />
      )}
      <Select
        label={`Comparison of condition ${at + 1}`}
        value={op}
        onChange={choose}
        options={known.map(([value, { label }]) => ({ value, label }))}
      />
      {takes === 'segments' && (
        <Select
          label={`Segment of condition ${at + 1}`}
          value={String(values[0] ?? '')}
          onChange={key => onChange({ values: [key] })}
          options={segments.map(key => ({ value: key, label: key }))}
        />
      )}
      {takes !== 'segments' && takes !== 'nothing' && (
        <Values at={at} takes={takes} values={values.map(String)} onChange={next => onChange({ values: next })} />
      )}
      <IconButton icon={Trash2} size="sm" label={`Remove condition ${at + 1}`} onClick={onRemove} />
    </div>
  )
}

type ValuesProps = { at: number; takes: Takes; values: string[]; onChange: (values: string[]) => void }

/** As it is typed, as long as that says the values: rules and conditions move, and are taken from somebody else. */
function Values({ at, takes, values, onChange }: ValuesProps) {
  const said = values.join(', ')
  const [typed, setTyped] = useState(said)
  const change = (text: string) => {
    setTyped(text)
    onChange(readValues(text, takes))
  }
  return (
    <Input
      aria-label={`Values of condition ${at + 1}`}
      placeholder={placeholders[takes]}
      className="min-w-40 flex-1"
      value={readValues(typed, takes).join(', ') === said ? typed : said}
      spellCheck={false}
      onChange={event => change(event.target.value)}
    />
  )
}

/** Lists are written with commas; a pattern, a range and the like are one value as they stand. */
function readValues(text: string, takes: string): string[] {
  const parts = takes === 'values' || takes === 'texts' ? text.split(',') : [text]
  return parts.map(part => part.trim()).filter(part => part !== '')
}
