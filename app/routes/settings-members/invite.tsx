import { useFetcher } from '@remix-run/react'
import { UserPlus } from 'lucide-react'
import { useState } from 'react'
import { Button } from '../../components/button.tsx'
import { CodeBlock } from '../../components/code-block.tsx'
import { Dialog, DialogClose } from '../../components/dialog.tsx'
import { Field } from '../../components/field.tsx'
import { Input } from '../../components/input.tsx'
import { type Option, Select } from '../../components/select.tsx'
import { ErrorState } from '../../components/states.tsx'
import type { action } from './route.tsx'

/** `mails` where a mail server is set. */
type Shown = { roles: Option[]; mails: boolean }

/** Invites a person and shows the link for them, this once. */
export function Invite({ roles, mails }: Shown) {
  const [round, setRound] = useState(0)
  return <InviteDialog key={round} roles={roles} mails={mails} onDone={() => setRound(round + 1)} />
}

function InviteDialog({ roles, mails, onDone }: Shown & { onDone: () => void }) {
  const fetcher = useFetcher<typeof action>()
  const { invited, errors } = fetcher.data ?? {}
  return (
    <Dialog
      title={
        invited
          ? invited.mail === 'sent'
            ? `Mailed to ${invited.email}`
            : `A link for ${invited.email}`
          : 'Invite somebody'
      }
      description={
        invited
          ? `${invited.mail === 'sent' ? 'Should it not arrive, send them the link' : 'Send it to them'}: it works once, for seven days, and is not shown again.`
          : mails
            ? 'They get a link by mail. Who has no account yet makes one there.'
            : 'You get a link to send them. Who has no account yet makes one there.'
      }
      onOpenChange={open => !open && onDone()}
      trigger={
        <Button look="primary" icon={UserPlus} size="sm">
          Invite
        </Button>
      }
      actions={
        invited && (
          <DialogClose>
            <Button look="primary">Done</Button>
          </DialogClose>
        )
      }
    >
      {invited ? (
        <div className="grid gap-3">
          {typeof invited.mail === 'object' && (
            <ErrorState title="It could not be mailed.">The mail server: {invited.mail.error}</ErrorState>
          )}
          <CodeBlock label="Invitation" text={invited.link} />
        </div>
      ) : (
        <fetcher.Form method="post" className="grid gap-4" noValidate>
          <input type="hidden" name="intent" value="invite" />
          <Field label="E-mail" hint="The link makes an account of this address only." error={errors?.email}>
            <Input name="email" type="email" required autoFocus autoComplete="off" />
          </Field>
          <Field label="Role" error={errors?.form}>
            <Select name="role" defaultValue="member" options={roles} className="w-full" />
          </Field>
          <div className="flex justify-end">
            <Button type="submit" look="primary" busy={fetcher.state !== 'idle'}>
              {mails ? 'Invite' : 'Make a link'}
            </Button>
          </div>
        </fetcher.Form>
      )}
    </Dialog>
  )
}
