import { useFetcher, useSearchParams } from '@remix-run/react'
import { BellOff, Eye, Undo2 } from 'lucide-react'
import { useEffect } from 'react'
import { Button } from '../../components/button.tsx'
import { Dialog, DialogClose } from '../../components/dialog.tsx'
import { Field } from '../../components/field.tsx'
import { Input } from '../../components/input.tsx'
import { Select } from '../../components/select.tsx'
import type { action } from './route.tsx'

type Acted = { endedAt: Date | null; acknowledgedAt: Date | null }
type Acting = ReturnType<typeof useFetcher<typeof action>>
type ShownRemedy = { id: string; label: string; consequence: string }

/** What can be done about an incident: say that somebody is at it, stop telling of it, undo what caused it. */
export function Actions({ incident, remedies }: { incident: Acted; remedies: ShownRemedy[] }) {
  const fetcher = useFetcher<typeof action>()
  const over = incident.endedAt !== null
  return (
    <>
      {fetcher.data?.error && (
        <p role="alert" className="self-center text-bad text-sm">
          {fetcher.data.error}
        </p>
      )}
      {remedies.map(remedy => (
        <RemedyButton key={remedy.id} remedy={remedy} fetcher={fetcher} />
      ))}
      {!over && <SilenceDialog />}
      {!over && (
        <Button
          look="primary"
          icon={Eye}
          busy={fetcher.state !== 'idle'}
          disabled={incident.acknowledgedAt !== null}
          onClick={() => fetcher.submit({ intent: 'acknowledge' }, { method: 'post' })}
        >
          {incident.acknowledgedAt ? 'Acknowledged' : 'Acknowledge'}
        </Button>
      )}
    </>
  )
}

const lengths = [
  { value: '1', label: '1 hour' },
  { value: '4', label: '4 hours' },
  { value: '24', label: '1 day' },
  { value: '72', label: '3 days' },
  { value: '168', label: '1 week' },
]

/** `?silence` opens it, so that a message can link to it. */
function SilenceDialog() {
  const [params, setParams] = useSearchParams()
  const fetcher = useFetcher<typeof action>()
  const show = (open: boolean) =>
    setParams(
      now => {
        if (open) now.set('silence', '')
        else now.delete('silence')
        return now
      },
      { replace: true, preventScrollReset: true },
    )
  const done = fetcher.state === 'idle' && fetcher.data !== undefined && !fetcher.data.error
  // biome-ignore lint/correctness/useExhaustiveDependencies: closes once, when the answer is there
  useEffect(() => {
    if (done) show(false)
  }, [done])
  return (
    <>
      <Button icon={BellOff} onClick={() => show(true)}>
        Silence
      </Button>
      <Dialog
        title="Silence this alert"
        description="Nobody is told of this rule on this workflow while it lasts; it goes on being watched."
        open={params.has('silence')}
        onOpenChange={show}
      >
        <fetcher.Form method="post" className="grid gap-4">
          <input type="hidden" name="intent" value="silence" />
          <Field label="For how long" error={fetcher.data?.error}>
            <Select name="hours" defaultValue="24" options={lengths} />
          </Field>
          <Field label="Why" optional>
            <Input name="comment" maxLength={500} autoComplete="off" />
          </Field>
          <div className="flex justify-end">
            <Button type="submit" look="primary" busy={fetcher.state !== 'idle'}>
              Silence it
            </Button>
          </div>
        </fetcher.Form>
      </Dialog>
    </>
  )
}

/** What is said against it stands on the page: its own button may be gone by then. */
function RemedyButton({ remedy, fetcher }: { remedy: ShownRemedy; fetcher: Acting }) {
  return (
    <Dialog
      title={`${remedy.label}?`}
      description={remedy.consequence}
      trigger={<Button icon={Undo2}>{remedy.label}</Button>}
      actions={
        <>
          <DialogClose>
            <Button look="ghost">Leave it</Button>
          </DialogClose>
          <DialogClose>
            <Button
              look="danger"
              busy={fetcher.state !== 'idle'}
              onClick={() => fetcher.submit({ intent: 'remedy', remedy: remedy.id }, { method: 'post' })}
            >
              {remedy.label}
            </Button>
          </DialogClose>
        </>
      }
    />
  )
}
