import { useFetcher } from '@remix-run/react'
import { Pencil, Trash2 } from 'lucide-react'
import { conditionWords } from '../../../db/domain/flags/words.ts'
import { Badge } from '../../components/badge.tsx'
import { Button } from '../../components/button.tsx'
import { ConfirmDialog } from '../../components/confirm-dialog.tsx'
import { RelativeTime } from '../../components/relative-time.tsx'
import type { action, SegmentView } from './route.tsx'
import { SegmentDialog } from './segment-dialog.tsx'

export function SegmentRow({ segment, mayChange }: { segment: SegmentView; mayChange: boolean }) {
  const fetcher = useFetcher<typeof action>()
  const { key, description, when, match, include, exclude, usedBy, changedAt, who, revision } = segment
  const words = when.map(conditionWords).join(match === 'all' ? ' and ' : ' or ')
  const remove = () => fetcher.submit({ intent: 'remove', key, from: String(revision) }, { method: 'post' })
  const fault = fetcher.data && !fetcher.data.ok ? fetcher.data.message : undefined
  return (
    <li className="grid gap-1 border-line/60 border-t px-4 py-2.5 first:border-t-0">
      <div className="flex flex-wrap items-center gap-x-3 gap-y-1">
        <span className="wrap-anywhere font-medium">{key}</span>
        {description && <span className="wrap-anywhere text-muted">{description}</span>}
        <span className="ml-auto flex items-center gap-1">
          <span className="text-muted text-sm">
            <RelativeTime at={changedAt} /> by {who ?? 'somebody'}
          </span>
          {mayChange && (
            <>
              <SegmentDialog
                segment={segment}
                trigger={
                  <Button size="sm" look="ghost" icon={Pencil} aria-label={`Edit ${key}`}>
                    Edit
                  </Button>
                }
              />
              <Remove name={key} busy={fetcher.state !== 'idle'} onRemove={remove} />
            </>
          )}
        </span>
      </div>
      <p className="flex flex-wrap items-center gap-1.5 wrap-anywhere">
        {words && <span>{words}</span>}
        {include.length > 0 && <Badge>{include.length} listed</Badge>}
        {exclude.length > 0 && <Badge>{exclude.length} kept out</Badge>}
        {!words && include.length === 0 && <span className="text-muted">nobody yet</span>}
        {usedBy.length > 0 && <span className="text-muted">· asked for by {usedBy.join(', ')}</span>}
      </p>
      {fault && (
        <p role="alert" className="text-bad text-sm">
          {fault}
        </p>
      )}
    </li>
  )
}

function Remove({ name, busy, onRemove }: { name: string; busy: boolean; onRemove: () => void }) {
  return (
    <ConfirmDialog
      title={`Remove ${name}?`}
      description="Its conditions and the users it lists are gone. What flags ask for cannot be removed."
      trigger={
        <Button size="sm" look="ghost" icon={Trash2} aria-label={`Remove ${name}`} busy={busy}>
          Remove
        </Button>
      }
      verb="Remove"
      onConfirm={onRemove}
    />
  )
}
