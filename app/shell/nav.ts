import { Activity, Bell, Flag, Gauge, Inbox, type LucideIcon, Play, Radio, Settings, Waypoints } from 'lucide-react'

export type Badge = 'inbox' | 'firing'
/** Numbers beside the names of pages: what waits for somebody. */
export type Badges = Partial<Record<Badge, number>>

export type NavItem = {
  to: string
  label: string
  icon: LucideIcon
  keys: string
  badge?: Badge
  /** Stands in a phone's bottom bar; the others are in its menu. */
  phone?: true
}

/** The rail, the phone's bottom bar and the command palette read this; `g` then `keys` goes there. */
export const nav: NavItem[] = [
  { to: 'overview', label: 'Overview', icon: Gauge, keys: 'o', phone: true },
  { to: 'traces', label: 'Traces', icon: Waypoints, keys: 't', phone: true },
  { to: 'inbox', label: 'Inbox', icon: Inbox, keys: 'i', badge: 'inbox', phone: true },
  { to: 'runs', label: 'Runs', icon: Play, keys: 'r', phone: true },
  { to: 'quality', label: 'Quality', icon: Activity, keys: 'q' },
  { to: 'flags', label: 'Flags', icon: Flag, keys: 'f' },
  { to: 'alerts', label: 'Alerts', icon: Bell, keys: 'a', badge: 'firing' },
  { to: 'data-in', label: 'Data in', icon: Radio, keys: 'd' },
  { to: 'settings', label: 'Settings', icon: Settings, keys: 's' },
]

/** `12`, or `99+`; undefined for nothing. */
export function badgeText(item: NavItem, badges: Badges): string | undefined {
  const count = item.badge ? (badges[item.badge] ?? 0) : 0
  return count === 0 ? undefined : count > 99 ? '99+' : String(count)
}
