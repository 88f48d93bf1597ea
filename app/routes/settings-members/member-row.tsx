import { useFetcher } from '@remix-run/react'
import type { MemberRole } from '../../../db/projects.ts'
import { Badge } from '../../components/badge.tsx'
import { Button } from '../../components/button.tsx'
import { Dialog, DialogClose } from '../../components/dialog.tsx'
import { RelativeTime } from '../../components/relative-time.tsx'
import { type Option, Select } from '../../components/select.tsx'
import type { action } from './route.tsx'

type Member = { id: string; name: string; email: string; role: MemberRole; since: Date }

/** A member, with the choice of roles that the reader may give. */
export function MemberRow({ member, roles, isSelf }: { member: Member; roles: Option[]; isSelf: boolean }) {
  const { id, name, email, role, since } = member
  const fetcher = useFetcher<typeof action>()
  const busy = fetcher.state !== 'idle'
  const mayChange = roles.some(({ value }) => value === role)
  const error = fetcher.data?.errors?.form
  return (
    <li className="flex flex-wrap items-center gap-x-3 gap-y-1 border-line/60 border-t px-4 py-2">
      <span className="min-w-0 flex-1 basis-32">
        <span className="block truncate font-medium">
          {name} {isSelf && <span className="font-normal text-muted">(you)</span>}
        </span>
        <span className="block truncate text-muted text-sm">
          {email}, since <RelativeTime at={since} />
        </span>
      </span>
      {mayChange ? (
        <Select
          size="sm"
          label={`Role of ${name}`}
          options={roles}
          value={role}
          disabled={busy}
          onChange={to => fetcher.submit({ intent: 'role', userId: id, role: to }, { method: 'post' })}
        />
      ) : (
        <Badge>{role}</Badge>
      )}
      {(mayChange || isSelf) && (
        <Dialog
          title={isSelf ? 'Leave this project?' : `Remove ${name}?`}
          description={
            isSelf
              ? 'You no longer see it, until somebody invites you again.'
              : `${name} no longer sees this project. What they did in it stays, under their name; so do the API keys they made.`
          }
          trigger={
            <Button size="sm" look="ghost" aria-label={isSelf ? 'Leave this project' : `Remove ${name}`}>
              {isSelf ? 'Leave' : 'Remove'}
            </Button>
          }
          actions={
            <>
              <DialogClose>
                <Button look="ghost">{isSelf ? 'Stay' : 'Keep them'}</Button>
              </DialogClose>
              <DialogClose>
                <Button
                  look="danger"
                  busy={busy}
                  onClick={() => fetcher.submit({ intent: 'remove', userId: id }, { method: 'post' })}
                >
                  {isSelf ? 'Leave' : 'Remove'}
                </Button>
              </DialogClose>
            </>
          }
        />
      )}
      {error && (
        <span role="alert" className="w-full text-bad text-sm">
          {error}
        </span>
      )}
    </li>
  )
}
