import { MousePointerClick } from 'lucide-react'
import { inboxRange } from '../../../db/domain/inbox.ts'
import type { PageHandle } from '../../components/page.tsx'
import { EmptyState } from '../../components/states.tsx'

export const handle: PageHandle = { crumbs: [], range: { fallback: inboxRange }, live: { everyMs: 10_000 } }

export default function NoneChosen() {
  return (
    <EmptyState icon={MousePointerClick} title="Nothing chosen">
      What a person complained about shows here, with what the agent saw and did.
    </EmptyState>
  )
}
