import { useFetcher } from '@remix-run/react'
import { Power, PowerOff } from 'lucide-react'
import { type FormEvent, useEffect, useState } from 'react'
import { StatusBadge } from '../../components/badge.tsx'
import { Button } from '../../components/button.tsx'
import { Dialog, DialogClose } from '../../components/dialog.tsx'
import { Field } from '../../components/field.tsx'
import { duration, whole } from '../../components/format.ts'
import { Input } from '../../components/input.tsx'
import { Panel } from '../../components/page.tsx'
import { RelativeTime } from '../../components/relative-time.tsx'
import { ErrorState } from '../../components/states.tsx'
import { WhenOff } from '../flag/when-off.tsx'
import type { AiSwitchView, action } from './route.tsx'

const scopes = {
  project: { title: 'AI of this project', all: 'every workflow of this project', hint: '' },
  installation: {
    title: 'AI of the whole installation',
    all: 'every workflow of every project',
    hint: 'An owner of the installation’s first project may switch it.',
  },
}
type Scope = keyof typeof scopes

/** AI on or off for all workflows of a project or the installation, and where the last change is in effect. */
export function AiSwitchPanel({ scope, view, mayChange }: { scope: Scope; view: AiSwitchView; mayChange: boolean }) {
  const { now, change, effect } = view
  const { title, all, hint } = scopes[scope]
  return (
    <Panel title={title} actions={<StatusBadge status={now.off ? 'off' : 'ai'}>{now.off ? 'off' : 'on'}</StatusBadge>}>
      <p className="max-w-2xl">
        {now.off
          ? `AI is off: ${all} serves its deterministic path.`
          : `AI is on. Switched off, ${all} serves its deterministic path, whatever the flags say.`}
        {now.off && now.reason && <span className="text-muted"> “{now.reason}”</span>}
      </p>
      {change && (
        <p className="mt-1 text-muted text-sm">
          Last switched by {change.who ?? 'somebody'} <RelativeTime at={change.at} />
          {effect && effect.processes.length > 0 && (
            <>
              , in effect on {effect.reached} of {effect.processes.length}{' '}
              {effect.processes.length === 1 ? 'process' : 'processes'}
              {effect.slowestMs !== undefined && ` after ${duration(effect.slowestMs)}`}
              {effect.runs > 0 && `, stopped the model calls of ${effect.runs} ${effect.runs === 1 ? 'run' : 'runs'}`}
            </>
          )}
          .
        </p>
      )}
      <div className="mt-3 flex flex-wrap items-center gap-3">
        {mayChange ? <SwitchButton scope={scope} view={view} /> : <span className="text-muted">{hint}</span>}
      </div>
    </Panel>
  )
}

function SwitchButton({ scope, view }: { scope: Scope; view: AiSwitchView }) {
  const fetcher = useFetcher<typeof action>()
  const [open, setOpen] = useState(false)
  const [whenOff, setWhenOff] = useState<'finish' | 'stop'>('stop')
  const { now, users } = view
  const busy = fetcher.state !== 'idle'
  const answer = fetcher.data
  useEffect(() => {
    if (answer?.ok && !busy) setOpen(false)
  }, [answer, busy])
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    const reason = String(new FormData(event.currentTarget).get('reason') ?? '')
    fetcher.submit({ scope, off: String(!now.off), whenOff, reason }, { method: 'post' })
  }
  const { all } = scopes[scope]
  return (
    <Dialog
      open={open}
      onOpenChange={setOpen}
      title={now.off ? 'Switch AI on again?' : 'Switch AI off?'}
      description={
        now.off ? `${all[0]?.toUpperCase()}${all.slice(1)} serves by its flag again.` : consequence(users, all)
      }
      trigger={
        <Button look={now.off ? 'primary' : 'danger'} icon={now.off ? Power : PowerOff}>
          {now.off ? 'Switch AI on' : 'Switch AI off'}
        </Button>
      }
    >
      <form onSubmit={submit} className="grid gap-4">
        {!now.off && <WhenOff value={whenOff} onChange={setWhenOff} />}
        <Field label={now.off ? 'Why' : 'Why (shown to everybody in the dashboard)'} optional>
          <Input name="reason" maxLength={500} autoComplete="off" />
        </Field>
        {answer && !answer.ok && !busy && <ErrorState title="Not switched">{answer.message}</ErrorState>}
        <div className="flex justify-end gap-2">
          <DialogClose>
            <Button look="ghost">Keep it as it is</Button>
          </DialogClose>
          <Button type="submit" look={now.off ? 'primary' : 'danger'} busy={busy}>
            {now.off ? 'Switch AI on' : 'Switch AI off'}
          </Button>
        </div>
      </form>
    </Dialog>
  )
}

function consequence(users: AiSwitchView['users'], all: string) {
  const who = !users
    ? 'its users (how many is not known: ClickHouse does not answer)'
    : users.users > 0
      ? `${whole(users.users)} ${users.users === 1 ? 'user' : 'users'} of the last 7 days`
      : `whoever made ${whole(users.traces)} requests in the last 7 days`
  return `Stops AI for ${who}: ${all} serves its deterministic path.`
}
