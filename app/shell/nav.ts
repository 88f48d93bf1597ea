import { Flag, Gauge, type LucideIcon, Play, Radio, Settings, Waypoints } from 'lucide-react'

export type NavItem = { to: string; label: string; icon: LucideIcon; keys: string }

/** The rail, the phone's bottom bar and the command palette read this; `g` then `keys` goes there. */
export const nav: NavItem[] = [
  { to: 'overview', label: 'Overview', icon: Gauge, keys: 'o' },
  { to: 'traces', label: 'Traces', icon: Waypoints, keys: 't' },
  { to: 'runs', label: 'Runs', icon: Play, keys: 'r' },
  { to: 'flags', label: 'Flags', icon: Flag, keys: 'f' },
  { to: 'data-in', label: 'Data in', icon: Radio, keys: 'd' },
  { to: 'settings', label: 'Settings', icon: Settings, keys: 's' },
]
