import { useParams } from '@remix-run/react'
import { Inbox } from 'lucide-react'
import type { InboxState } from '../../../db/domain/inbox.ts'
import { ButtonLink } from '../../components/button.tsx'
import { EmptyState } from '../../components/states.tsx'

/** Why the list is empty, and what to do next. */
export function NothingWaits({ state, seen }: { state: InboxState; seen: boolean }) {
  const { projectId } = useParams()
  if (!seen) {
    return (
      <EmptyState
        icon={Inbox}
        title="No feedback yet"
        actions={
          <ButtonLink look="primary" to={`/p/${projectId}/data-in`}>
            Send your first trace
          </ButtonLink>
        }
      >
        Thumbs down, low ratings, rewrites and second attempts are gathered here, each with the trace it is about.
      </EmptyState>
    )
  }
  if (state === 'done') {
    return (
      <EmptyState icon={Inbox} title="Nothing was marked as done">
        In this window and with these filters.
      </EmptyState>
    )
  }
  return (
    <EmptyState
      icon={Inbox}
      title="All clear"
      actions={
        <ButtonLink size="sm" to={`/p/${projectId}/traces?feedback=any`}>
          See all feedback
        </ButtonLink>
      }
    >
      No open negative feedback in this window. Look further back with the time range, or see what was done.
    </EmptyState>
  )
}
