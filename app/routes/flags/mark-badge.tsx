import { CalendarClock, CalendarX, CirclePause, type LucideIcon, Sprout, TrendingUp, Undo2 } from 'lucide-react'
import type { Mark } from '../../../db/domain/flags/standing.ts'
import { Badge, type Tone } from '../../components/badge.tsx'

const looks: Record<Mark['kind'], { tone: Tone; icon: LucideIcon }> = {
  expired: { tone: 'warn', icon: CalendarX },
  stale: { tone: 'warn', icon: Sprout },
  waiting: { tone: 'neutral', icon: CalendarClock },
  over: { tone: 'neutral', icon: CalendarX },
  ramping: { tone: 'canary', icon: TrendingUp },
  paused: { tone: 'warn', icon: CirclePause },
  'rolled back': { tone: 'bad', icon: Undo2 },
}

export function MarkBadge({ mark: { kind, words } }: { mark: Mark }) {
  const { tone, icon } = looks[kind]
  return (
    <Badge tone={tone} icon={icon} title={words}>
      {words}
    </Badge>
  )
}
