import { type ComponentProps, useEffect, useState } from 'react'
import { Input } from '../../components/input.tsx'

/** A moment in the reader's own time zone; kept with its zone. Empty means none. */
export function MomentInput({
  value,
  onChange,
  ...rest
}: Omit<ComponentProps<typeof Input>, 'value' | 'onChange'> & {
  value: string | undefined
  onChange: (moment: string | undefined) => void
}) {
  // The server does not know the reader's zone: the local time is filled in by the browser.
  const [local, setLocal] = useState('')
  useEffect(() => setLocal(value ? toLocal(new Date(value)) : ''), [value])
  const change = (text: string) => {
    setLocal(text)
    const moment = new Date(text)
    onChange(text === '' || Number.isNaN(moment.getTime()) ? undefined : moment.toISOString())
  }
  return <Input {...rest} type="datetime-local" value={local} onChange={event => change(event.target.value)} />
}

function toLocal(moment: Date) {
  const shifted = new Date(moment.getTime() - moment.getTimezoneOffset() * 60_000)
  return shifted.toISOString().slice(0, 16)
}
