import type { Serve } from '../../../db/domain/flags/flag.ts'
import { Input } from '../../components/input.tsx'
import { Select } from '../../components/select.tsx'

const split = '\u0000split'

/** One variant, or several by shares that add up to 100 %. */
export function ServeEditor({
  label,
  variants,
  serve,
  onChange,
}: {
  label: string
  variants: string[]
  serve: Serve
  onChange: (serve: Serve) => void
}) {
  const parts = 'split' in serve ? serve.split : undefined
  const choose = (value: string) => onChange(value === split ? { split: evenly(variants) } : { variant: value })
  // Users are dealt in the order of the parts: it stays as it is, so that a growing part only adds users.
  const dealt = [...new Set([...(parts?.map(part => part.variant) ?? []), ...variants])]
  const weightOf = (name: string) => parts?.find(({ variant }) => variant === name)?.weight ?? 0
  const weigh = (changed: string, weight: number) =>
    onChange({ split: dealt.map(name => ({ variant: name, weight: name === changed ? weight : weightOf(name) })) })
  const sum = parts?.reduce((total, { weight }) => total + weight, 0) ?? 0
  return (
    <span className="flex flex-wrap items-center gap-2">
      <Select
        label={label}
        value={'variant' in serve ? serve.variant : split}
        onChange={choose}
        options={[
          ...variants.map(name => ({ value: name, label: name })),
          { value: split, label: 'a split by shares', disabled: variants.length < 2 },
        ]}
      />
      {parts &&
        dealt.map(name => (
          <span key={name} className="inline-flex items-center gap-1">
            <span className="text-muted">{name}</span>
            <Input
              type="number"
              aria-label={`${label}: share of ${name} in percent`}
              min="0"
              max="100"
              step="0.01"
              className="!w-20"
              value={weightOf(name) / 100}
              onChange={event => weigh(name, Math.round(Number(event.target.value) * 100))}
            />
            %
          </span>
        ))}
      {parts && sum !== 10_000 && <span className="text-bad text-sm">adds up to {sum / 100} %, not 100</span>}
    </span>
  )
}

function evenly(variants: string[]) {
  const each = Math.floor(10_000 / variants.length)
  return variants.map((variant, at) => ({ variant, weight: at === 0 ? 10_000 - each * (variants.length - 1) : each }))
}
