import { useLocation, useNavigate, useSearchParams } from '@remix-run/react'
import { CalendarClock } from 'lucide-react'
import { type FormEvent, useState } from 'react'
import { exactWindow, shortMinute } from '../../db/domain/moment.ts'
import { readRange, timePresets } from '../../db/domain/time.ts'
import { Button } from './button.tsx'
import { classes } from './classes.ts'
import { Field } from './field.tsx'
import { Checkbox, Input } from './input.tsx'
import { Popover } from './popover.tsx'

/** The page's one window of time, kept in the URL: `range`, or `from` and `to`, and `compare=previous`. */
export function TimeRangePicker({ fallback }: { fallback?: string }) {
  const [params] = useSearchParams()
  const [open, setOpen] = useState(false)
  const { pathname } = useLocation()
  const navigate = useNavigate()
  const range = readRange(params, new Date(), fallback)
  const preset = timePresets.find(({ id }) => id === range.preset)
  const words = preset?.label ?? `${shortMinute(range.from)} to ${shortMinute(range.to)}`

  const go = (change: Record<string, string | undefined>) => {
    const next = new URLSearchParams(params)
    for (const [name, value] of Object.entries({ cursor: undefined, ...change })) {
      if (value === undefined) next.delete(name)
      else next.set(name, value)
    }
    navigate(`${pathname}?${next}`, { preventScrollReset: true })
  }
  const choose = (id: string) => {
    go({ range: id, from: undefined, to: undefined })
    setOpen(false)
  }
  const custom = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    const form = new FormData(event.currentTarget)
    const [from, to] = ['from', 'to'].map(name => `${form.get(name)}:00Z`.replace('Z:00Z', 'Z'))
    go({ range: undefined, from: new Date(from!).toISOString(), to: new Date(to!).toISOString() })
    setOpen(false)
  }

  return (
    <Popover
      label="Time range"
      align="end"
      open={open}
      onOpenChange={setOpen}
      className="w-72"
      trigger={
        <Button icon={CalendarClock} size="sm" title={preset ? undefined : exactWindow(range.from, range.to)}>
          <span className="sr-only">Time range: </span>
          {words}
        </Button>
      }
    >
      <ul className="-m-1 mb-2 grid">
        {timePresets.map(({ id, label }) => (
          <li key={id}>
            <button
              type="button"
              onClick={() => choose(id)}
              aria-current={id === range.preset || undefined}
              className={classes(
                'h-8 w-full rounded-sm px-2 text-left hover:bg-hover',
                id === range.preset && 'bg-accent-soft font-medium',
              )}
            >
              {label}
            </button>
          </li>
        ))}
      </ul>
      <form onSubmit={custom} className="grid gap-2 border-line border-t pt-3">
        <Field label="From (UTC)">
          <Input type="datetime-local" name="from" required defaultValue={range.from.toISOString().slice(0, 16)} />
        </Field>
        <Field label="To (UTC)">
          <Input type="datetime-local" name="to" required defaultValue={range.to.toISOString().slice(0, 16)} />
        </Field>
        <Button type="submit">Apply</Button>
      </form>
      <div className="mt-3 border-line border-t pt-3">
        <Checkbox
          label="Compare with the period before"
          checked={params.get('compare') === 'previous'}
          onChange={event => go({ compare: event.target.checked ? 'previous' : undefined })}
        />
      </div>
    </Popover>
  )
}
