import { Plus, Trash2 } from 'lucide-react'
import { mostPatterns, type OwnPattern } from '../../../db/domain/redaction/rules.ts'
import { Button, IconButton } from '../../components/button.tsx'
import { Field } from '../../components/field.tsx'
import { Input } from '../../components/input.tsx'

export type PatternRow = OwnPattern & { key: number }

/** Rows of a name and an expression each. */
export function OwnPatterns({
  rows,
  onChange,
  errors,
}: {
  rows: PatternRow[]
  onChange: (rows: PatternRow[]) => void
  errors: Record<string, string>
}) {
  const set = (key: number, more: Partial<OwnPattern>) =>
    onChange(rows.map(row => (row.key === key ? { ...row, ...more } : row)))
  const add = () => onChange([...rows, { key: Math.max(0, ...rows.map(({ key }) => key)) + 1, name: '', pattern: '' }])
  return (
    <div className="grid gap-3">
      {rows.map(({ key, name, pattern }, at) => (
        <div key={key} className="grid grid-cols-[1fr_auto] items-start gap-2 sm:grid-cols-[12rem_1fr_auto]">
          <Field label="Name" error={errors[`patterns.${at}.name`]}>
            <Input value={name} maxLength={40} onChange={event => set(key, { name: event.target.value })} />
          </Field>
          <div className="col-span-2 row-start-2 sm:col-span-1 sm:row-start-1 sm:col-start-2">
            <Field label="Regular expression" error={errors[`patterns.${at}.pattern`]}>
              <Input
                value={pattern}
                spellCheck={false}
                className="font-mono"
                onChange={event => set(key, { pattern: event.target.value })}
              />
            </Field>
          </div>
          <IconButton
            icon={Trash2}
            label={`Remove ${name || 'this pattern'}`}
            className="mt-6"
            onClick={() => onChange(rows.filter(row => row.key !== key))}
          />
        </div>
      ))}
      {errors.patterns && (
        <p role="alert" className="text-bad text-sm">
          {errors.patterns}
        </p>
      )}
      <div>
        <Button size="sm" icon={Plus} disabled={rows.length >= mostPatterns} onClick={add}>
          Add a pattern
        </Button>
      </div>
    </div>
  )
}
