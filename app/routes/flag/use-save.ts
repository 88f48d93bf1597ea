import { useFetcher } from '@remix-run/react'
import { useState } from 'react'
import { isEqual } from '../../../db/domain/flags/diff.ts'
import type { FlagAnswer } from './change-flag.server.ts'
import type { action } from './route.tsx'

/** Asks the flag's page for a change. `answer` is the last one's; an accepted one is followed by fresh data. */
export function useChange() {
  const fetcher = useFetcher<typeof action>()
  const ask = (fields: Record<string, string | number>) =>
    fetcher.submit(Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, String(value)])), {
      method: 'post',
    })
  return { ask, busy: fetcher.state !== 'idle', answer: fetcher.data as FlagAnswer | undefined }
}
export type Changing = ReturnType<typeof useChange>

/**
 * What is typed into a section of the flag, over what is stored. When the flag changes elsewhere and this section does
 * not, the draft goes on from the new revision; when this section changed too, saving is refused as stale.
 */
export function useDraft<T extends object>(stored: T, revision: number) {
  const [state, setState] = useState({ base: stored, revision, draft: stored })
  const dirty = !isEqual(state.draft, state.base)
  if (state.revision !== revision) {
    if (isEqual(stored, state.base)) setState({ ...state, revision })
    else if (!dirty || isEqual(stored, state.draft)) setState({ base: stored, revision, draft: stored })
  }
  return {
    draft: state.draft,
    dirty,
    /** The revision that the draft was made from. */
    from: state.revision,
    set: (change: Partial<T>) => setState(now => ({ ...now, draft: { ...now.draft, ...change } })),
    reset: () => setState({ base: stored, revision, draft: stored }),
  }
}

/** A section as a patch of the flag: what is not set any more is said, as null. */
export const toPatch = (section: object) =>
  JSON.stringify(Object.fromEntries(Object.entries(section).map(([name, value]) => [name, value ?? null])))
