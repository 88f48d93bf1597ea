import { useFetcher, useLocation, useNavigate, useOutletContext } from '@remix-run/react'
import { useEffect, useState } from 'react'
import type { InboxState } from '../../../db/domain/inbox.ts'
import type { InboxItem } from '../../../db/inbox.ts'
import { usePageKeys } from '../traces/use-page-keys.ts'

type Inbox = { projectId: string; items: InboxItem[]; state: InboxState; chosen: string | undefined }

export type Triage = {
  /** The items, without those that were marked a moment ago. */
  shown: InboxItem[]
  hrefOf(traceId: string): string
  /** Marks the chosen trace as done, or opens it again, and goes to the next. */
  mark(intent: 'done' | 'open'): void
  move(by: 1 | -1): void
  item: InboxItem | undefined
  position: string
  mayMark: boolean
}

export const useTriageContext = () => useOutletContext<Triage>()

/** Moving through the inbox and marking, by keys too: j and k move, e marks as done, u opens again, Enter opens the trace. */
export function useTriage({ projectId, items, state, chosen }: Inbox): Omit<Triage, 'mayMark'> {
  const navigate = useNavigate()
  const { search } = useLocation()
  const { submit, state: sending } = useFetcher()
  const [leaving, setLeaving] = useState<ReadonlySet<string>>(new Set())
  // What the server lists again after the mark has arrived is shown again.
  useEffect(() => {
    if (sending === 'idle') setLeaving(new Set())
  }, [sending])
  const shown = state === 'all' ? items : items.filter(({ traceId }) => !leaving.has(traceId))
  const at = items.findIndex(({ traceId }) => traceId === chosen)
  const hrefOf = (traceId: string) => `/p/${projectId}/inbox/${traceId}${search}`

  // Beside the list there is room for one: the first.
  const first = chosen ? undefined : items[0]?.traceId
  useEffect(() => {
    const wide = window.matchMedia('(width >= 64rem)').matches
    if (first && wide) navigate(`${first}${search}`, { replace: true, preventScrollReset: true })
  }, [first, search, navigate])

  const goTo = (item: InboxItem | undefined) => {
    if (item) navigate(hrefOf(item.traceId), { preventScrollReset: true, replace: true })
  }
  const neighbour = (by: number) => {
    const here = shown.findIndex(({ traceId }) => traceId === chosen)
    return shown[here === -1 ? 0 : here + by]
  }
  const mark = (intent: 'done' | 'open') => {
    if (!chosen) return
    const next = neighbour(1) ?? neighbour(-1)
    submit({ intent, traceId: chosen }, { method: 'post', action: `/p/${projectId}/inbox${search}` })
    setLeaving(now => new Set(now).add(chosen))
    if (next) goTo(next)
    else if (state !== 'all') navigate(`/p/${projectId}/inbox${search}`, { replace: true })
  }
  usePageKeys(key => {
    if (key === 'j' || key === 'ArrowDown') goTo(neighbour(1))
    else if (key === 'k' || key === 'ArrowUp') goTo(neighbour(-1))
    else if (key === 'e') mark('done')
    else if (key === 'u') mark('open')
    else if (key === 'o' && chosen) navigate(`/p/${projectId}/traces/${chosen}`)
    else return false
    return true
  })
  const position = at === -1 ? '' : `${at + 1} of ${items.length}`
  return { shown, hrefOf, mark, move: by => goTo(neighbour(by)), item: items[at], position }
}
