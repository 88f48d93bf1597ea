import { useFetcher } from '@remix-run/react'
import { Badge } from '../../components/badge.tsx'
import { Button } from '../../components/button.tsx'
import { Dialog, DialogClose } from '../../components/dialog.tsx'
import { RelativeTime } from '../../components/relative-time.tsx'
import type { action } from './route.tsx'

type Key = {
  id: string
  name: string
  hint: string
  audience: 'server' | 'client'
  createdAt: Date
  lastUsedAt: Date | null
  revokedAt: Date | null
}

export function KeyRow({ apiKey, mayChange }: { apiKey: Key; mayChange: boolean }) {
  const { id, name, hint, audience, createdAt, lastUsedAt, revokedAt } = apiKey
  const fetcher = useFetcher<typeof action>()
  return (
    <tr>
      <td className="font-medium">
        {name} {audience === 'client' && <Badge title="It may evaluate public flags and send feedback.">client</Badge>}
      </td>
      <td className="whitespace-nowrap font-mono">{hint}</td>
      <td className="whitespace-nowrap">
        <RelativeTime at={createdAt} />
      </td>
      <td className="whitespace-nowrap">
        {lastUsedAt ? <RelativeTime at={lastUsedAt} /> : <span className="text-muted">never</span>}
      </td>
      <td className="text-right">
        {revokedAt && (
          <Badge>
            revoked <RelativeTime at={revokedAt} />
          </Badge>
        )}
        {fetcher.data?.error && <span className="text-bad">{fetcher.data.error}</span>}
        {mayChange && (
          <Dialog
            title={`Revoke “${name}”?`}
            description={consequence(lastUsedAt)}
            trigger={
              <Button size="sm" look="ghost">
                Revoke
              </Button>
            }
            actions={
              <>
                <DialogClose>
                  <Button look="ghost">Keep it</Button>
                </DialogClose>
                <Button
                  look="danger"
                  busy={fetcher.state !== 'idle'}
                  onClick={() => fetcher.submit({ intent: 'revoke', id }, { method: 'post' })}
                >
                  Revoke
                </Button>
              </>
            }
          />
        )}
      </td>
    </tr>
  )
}

function consequence(lastUsedAt: Date | null) {
  const used = lastUsedAt
    ? 'Applications that send with this key are refused within seconds (401), and what they send is lost unless they try again with another key. '
    : 'It was never used. '
  return `${used}This cannot be undone.`
}
