import { useEffect, useRef } from 'react'

/** Where keys have a meaning of their own. */
const busy = 'input, textarea, select, [contenteditable], [role=dialog], [role=grid], [role=tree], [role=menu]'

/** Keys pressed where they mean nothing else. The handler answers whether the key was its own. */
export function usePageKeys(onKey: (key: string) => boolean) {
  const handler = useRef(onKey)
  handler.current = onKey
  useEffect(() => {
    const listen = (event: KeyboardEvent) => {
      if (
        document.activeElement?.closest(busy) ||
        event.ctrlKey ||
        event.metaKey ||
        event.altKey ||
        event.defaultPrevented
      )
        return
      if (handler.current(event.key)) event.preventDefault()
    }
    window.addEventListener('keydown', listen)
    return () => window.removeEventListener('keydown', listen)
  }, [])
}
