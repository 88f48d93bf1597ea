import { Trash2 } from 'lucide-react'
import { ButtonLink } from '../../components/button.tsx'
import { Page } from '../../components/page.tsx'
import { EmptyState, ErrorState } from '../../components/states.tsx'
import { History } from './history.tsx'
import type { FlagView } from './read-flag.server.ts'

/** The page of a flag that is no more: what it was, and how to bring it back. */
export function Removed({ view, mayChange }: { view: FlagView; mayChange: boolean }) {
  return (
    <Page title={view.key}>
      {view.removed ? (
        <EmptyState
          icon={Trash2}
          title="This flag was removed"
          actions={<ButtonLink to={`/p/${view.projectId}/flags`}>All flags</ButtonLink>}
        >
          Revert its last change below to bring it back.
        </EmptyState>
      ) : (
        <ErrorState title="This flag cannot be read">
          It was written by another release of Davylamp. Revert its last change, or start that release.
        </ErrorState>
      )}
      <History view={view} mayChange={mayChange} />
    </Page>
  )
}
