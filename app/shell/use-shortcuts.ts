import { useNavigate } from '@remix-run/react'
import { useEffect, useRef } from 'react'
import { nav } from './nav.ts'

/** Where letters have a meaning of their own: they are written, or lead to what begins with them. */
const takesKeys =
  'input, textarea, select, [contenteditable], [role="dialog"], [role="listbox"], [role="combobox"], [role="menu"]'

type Opens = { palette: () => void; help: () => void }

/**
 * Ctrl or Cmd K opens the palette; `g` and a letter goes to a page, `?` says what keys do. Not while somebody types.
 * `opens` must stay the same from one rendering to the next.
 */
export function useShortcuts(projectId: string, opens: Opens) {
  const navigate = useNavigate()
  const leader = useRef(0)
  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent) => {
      if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === 'k') {
        event.preventDefault()
        opens.palette()
        return
      }
      const typing = (event.target as HTMLElement).closest(takesKeys)
      if (typing || event.ctrlKey || event.metaKey || event.altKey) return
      if (event.key === '?') {
        event.preventDefault()
        opens.help()
        return
      }
      const page = performance.now() - leader.current < 1000 ? nav.find(({ keys }) => keys === event.key) : undefined
      leader.current = event.key === 'g' ? performance.now() : 0
      if (page) navigate(`/p/${projectId}/${page.to}`)
    }
    document.addEventListener('keydown', onKeyDown)
    return () => document.removeEventListener('keydown', onKeyDown)
  }, [projectId, opens, navigate])
}
