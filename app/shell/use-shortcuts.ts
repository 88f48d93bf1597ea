import { useNavigate } from '@remix-run/react'
import { useEffect, useRef } from 'react'
import { nav } from './nav.ts'

/** Where letters have a meaning of their own: they are written, or lead to what begins with them. */
const takesKeys =
  'input, textarea, select, [contenteditable], [role="dialog"], [role="listbox"], [role="combobox"], [role="menu"]'

/** Ctrl or Cmd K opens the palette; `g` and a letter goes to a page. Not while somebody types. */
export function useShortcuts(projectId: string, openPalette: () => void) {
  const navigate = useNavigate()
  const leader = useRef(0)
  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent) => {
      if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === 'k') {
        event.preventDefault()
        openPalette()
        return
      }
      const typing = (event.target as HTMLElement).closest(takesKeys)
      if (typing || event.ctrlKey || event.metaKey || event.altKey) return
      const page = performance.now() - leader.current < 1000 ? nav.find(({ keys }) => keys === event.key) : undefined
      leader.current = event.key === 'g' ? performance.now() : 0
      if (page) navigate(`/p/${projectId}/${page.to}`)
    }
    document.addEventListener('keydown', onKeyDown)
    return () => document.removeEventListener('keydown', onKeyDown)
  }, [projectId, openPalette, navigate])
}
