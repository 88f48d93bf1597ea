import { useState } from 'react'
import { keepPreference, type Theme } from '../components/preferences.ts'

/** The theme now, and how to change it: at once, and for the next visit. */
export function useTheme(first: Theme) {
  const [theme, setTheme] = useState(first)
  const change = (next: Theme) => {
    if (next === 'system') delete document.documentElement.dataset.theme
    else document.documentElement.dataset.theme = next
    keepPreference('theme', next)
    setTheme(next)
  }
  return [theme, change] as const
}
