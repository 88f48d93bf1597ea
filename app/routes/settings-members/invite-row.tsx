import { useFetcher } from '@remix-run/react'
import type { MemberRole } from '../../../db/projects.ts'
import { Badge } from '../../components/badge.tsx'
import { Button } from '../../components/button.tsx'
import { RelativeTime } from '../../components/relative-time.tsx'
import type { action } from './route.tsx'

type Invited = { id: string; email: string; role: MemberRole; expiresAt: Date; by: string | null }

export function InviteRow({ invite, mayChange }: { invite: Invited; mayChange: boolean }) {
  const { id, email, role, expiresAt, by } = invite
  const fetcher = useFetcher<typeof action>()
  return (
    <li className="flex flex-wrap items-center gap-x-3 gap-y-1 border-line/60 border-t px-4 py-2">
      <span className="min-w-0 flex-1 basis-32">
        <span className="block truncate font-medium">{email}</span>
        <span className="block truncate text-muted text-sm">
          by {by ?? 'somebody who left'}, ends <RelativeTime at={expiresAt} />
        </span>
      </span>
      <Badge>{role}</Badge>
      {mayChange && (
        <Button
          size="sm"
          look="ghost"
          aria-label={`Take back the invitation of ${email}`}
          busy={fetcher.state !== 'idle'}
          onClick={() => fetcher.submit({ intent: 'withdraw', id }, { method: 'post' })}
        >
          Take back
        </Button>
      )}
      {fetcher.data?.errors?.form && <span className="w-full text-bad text-sm">{fetcher.data.errors.form}</span>}
    </li>
  )
}
