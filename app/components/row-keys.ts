import { type KeyboardEvent, type RefObject, useCallback, useEffect, useState } from 'react'

type RowKeys = {
  frame: RefObject<HTMLElement>
  count: number
  scrollTo: (at: number) => void
  onOpen?: (at: number) => void
  onPeek?: (at: number) => void
}

const page = 20

/** Roving focus over virtual rows (elements with `data-row`): one row is in the tab order, keys move which. */
export function useRowKeys({ frame, count, scrollTo, onOpen, onPeek }: RowKeys) {
  const [active, setActive] = useState(0)
  useEffect(() => setActive(at => Math.max(0, Math.min(at, count - 1))), [count])

  const moveTo = useCallback(
    (wanted: number) => {
      const at = Math.max(0, Math.min(wanted, count - 1))
      setActive(at)
      scrollTo(at)
      // The row may only be rendered once the scroll position has changed.
      const focus = () =>
        frame.current?.querySelector<HTMLElement>(`[data-row="${at}"]`)?.focus({ preventScroll: true })
      requestAnimationFrame(() => requestAnimationFrame(focus))
    },
    [count, frame, scrollTo],
  )

  const onKeyDown = (event: KeyboardEvent) => {
    const target = event.target as HTMLElement
    if (event.ctrlKey || event.metaKey || event.altKey || target.closest('input, textarea, [contenteditable]')) return
    const onRow = target.hasAttribute('data-row')
    const to = destination(event.key, active, count)
    if (to !== undefined) moveTo(to)
    else if (event.key === 'Enter' && onRow) onOpen?.(active)
    else if (event.key === ' ' && onRow && onPeek) onPeek(active)
    else return
    event.preventDefault()
  }
  return { active, setActive, moveTo, onKeyDown }
}

function destination(key: string, at: number, count: number): number | undefined {
  if (key === 'ArrowDown' || key === 'j') return at + 1
  if (key === 'ArrowUp' || key === 'k') return at - 1
  if (key === 'PageDown') return at + page
  if (key === 'PageUp') return at - page
  if (key === 'Home') return 0
  if (key === 'End') return count - 1
  return undefined
}
