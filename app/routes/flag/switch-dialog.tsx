import { type FormEvent, useEffect, useState } from 'react'
import { armWords, percent } from '../../../db/domain/flags/words.ts'
import { Button, type ButtonLook } from '../../components/button.tsx'
import { Dialog, DialogClose } from '../../components/dialog.tsx'
import { Field } from '../../components/field.tsx'
import { whole } from '../../components/format.ts'
import { Input } from '../../components/input.tsx'
import { ErrorState } from '../../components/states.tsx'
import type { FlagView } from './read-flag.server.ts'
import { useChange } from './use-save.ts'
import { WhenOff } from './when-off.tsx'

/** Asks before the switch is thrown, by its consequence in numbers. */
export function SwitchDialog({ view, to, onClose }: { view: FlagView; to: string; onClose: () => void }) {
  const { ask, busy, answer } = useChange()
  const { flag, revision } = view
  const [from] = useState(revision)
  const [share, setShare] = useState(String((flag?.kind === 'workflow' ? flag.share : 100) / 100))
  const [whenOff, setWhenOff] = useState(flag?.kind === 'workflow' ? flag.whenOff : 'stop')
  useEffect(() => {
    if (answer?.ok && !busy) onClose()
  }, [answer, busy, onClose])
  if (!flag) return null
  const isWorkflow = flag.kind === 'workflow'
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    const why = String(new FormData(event.currentTarget).get('why') ?? '')
    if (to === 'off') return ask({ intent: 'off', why, ...(isWorkflow && { whenOff }) })
    const hundredths = Math.round(Number(share) * 100)
    ask({ intent: 'switch', from, why, state: to, ...(to === 'canary' && { share: hundredths }) })
  }
  const { title, says, button, look } = words(view, to)
  return (
    <Dialog title={title} description={says} open onOpenChange={open => !open && onClose()}>
      <form onSubmit={submit} className="grid gap-4">
        {to === 'canary' && isWorkflow && (
          <>
            <Field
              label="Share of the users, in percent"
              hint="In steps of 0.01. The concurrent control takes as many, and everybody else is not compared."
            >
              <Input
                type="number"
                min="0.01"
                max="100"
                step="0.01"
                required
                value={share}
                onChange={event => setShare(event.target.value)}
                autoFocus
              />
            </Field>
            <p className="text-muted text-sm">
              Canary: {armWords(flag.canary)}. Control: {armWords(flag.control)}.
            </p>
          </>
        )}
        {to === 'off' && isWorkflow && <WhenOff value={whenOff} onChange={setWhenOff} />}
        <Field label="Why" optional>
          <Input name="why" maxLength={1000} autoComplete="off" />
        </Field>
        {answer && !answer.ok && !busy && <ErrorState title="Not changed">{answer.message}</ErrorState>}
        <div className="flex justify-end gap-2">
          <DialogClose>
            <Button look="ghost">Keep it as it is</Button>
          </DialogClose>
          <Button type="submit" look={look} busy={busy}>
            {button}
          </Button>
        </div>
      </form>
    </Dialog>
  )
}

type Words = { title: string; says: string; button: string; look: ButtonLook }

function words(view: FlagView, to: string): Words {
  const { key, flag } = view
  if (flag?.kind === 'value')
    return to === 'on'
      ? {
          title: `Switch ${key} on?`,
          says: 'Users get what its rules and variants say.',
          button: 'Switch on',
          look: 'primary',
        }
      : { title: `Switch ${key} off?`, says: `Everyone gets ${flag.offVariant}.`, button: 'Switch off', look: 'danger' }
  if (to === 'off')
    return {
      title: `Switch AI off for ${key}?`,
      says: `Stops AI for ${people(view)}. They are served by the deterministic path.`,
      button: 'Switch AI off',
      look: 'danger',
    }
  if (to === 'control') {
    const before = flag?.state === 'canary' ? ` Those in the canary (${percent(flag.share)}) leave it.` : ''
    const again = flag?.state === 'off' ? ` AI serves ${people(view)} again.` : ''
    return {
      title: `Give everyone the control?`,
      says: `Nobody gets the canary.${before}${again}`,
      button: 'Switch to control',
      look: 'primary',
    }
  }
  return {
    title: flag?.state === 'canary' ? 'Change the canary’s share?' : 'Start the canary?',
    says: `Among ${people(view)}. Users who are in it stay in it while the share grows.`,
    button: flag?.state === 'canary' ? 'Change the share' : 'Start the canary',
    look: 'primary',
  }
}

/** The users whom it concerns, as far as it is known. */
function people({ served, windowDays }: FlagView): string {
  if (!served) return 'its users (how many is not known: ClickHouse does not answer)'
  if (served.users > 0)
    return `${whole(served.users)} ${served.users === 1 ? 'user' : 'users'} of the last ${windowDays} days`
  if (served.traces > 0) return `whoever made ${whole(served.traces)} requests in the last ${windowDays} days`
  return `nobody seen in the last ${windowDays} days`
}
