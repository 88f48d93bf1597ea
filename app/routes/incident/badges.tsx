import {
  BellRing,
  CircleCheck,
  CircleDashed,
  CircleHelp,
  Eye,
  ShieldAlert,
  TrendingDown,
  TriangleAlert,
} from 'lucide-react'
import type { Severity } from '../../../db/domain/alert-rule.ts'
import type { AlertState as State } from '../../../db/domain/alerts.ts'
import { Badge, type Tone } from '../../components/badge.tsx'

export function SeverityBadge({ severity }: { severity: Severity }) {
  return severity === 'page' ? (
    <Badge tone="bad" icon={BellRing}>
      page
    </Badge>
  ) : (
    <Badge tone="warn" icon={TriangleAlert}>
      warning
    </Badge>
  )
}

const marks: Record<State, { tone: Tone; icon: typeof Eye; word: string }> = {
  ok: { tone: 'neutral', icon: CircleCheck, word: 'ok' },
  pending: { tone: 'warn', icon: Eye, word: 'pending' },
  firing: { tone: 'bad', icon: BellRing, word: 'firing' },
  recovering: { tone: 'accent', icon: TrendingDown, word: 'recovering' },
  resolved: { tone: 'good', icon: CircleCheck, word: 'resolved' },
  no_data: { tone: 'neutral', icon: CircleDashed, word: 'not enough data' },
  untrusted: { tone: 'warn', icon: ShieldAlert, word: 'not to be trusted' },
}

export function AlertState({ state, title }: { state: State; title?: string }) {
  const { tone, icon, word } = marks[state] ?? { tone: 'neutral', icon: CircleHelp, word: state }
  return (
    <Badge tone={tone} icon={icon} title={title}>
      {word}
    </Badge>
  )
}
