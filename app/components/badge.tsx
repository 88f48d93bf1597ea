import {
  Ban,
  Bot,
  Check,
  CircleAlert,
  CircleDashed,
  Clock,
  Eye,
  Flag,
  Hand,
  LoaderCircle,
  type LucideIcon,
  Minus,
  SearchX,
  ThumbsDown,
  ThumbsUp,
  Workflow,
} from 'lucide-react'
import type { ReactNode } from 'react'
import { classes } from './classes.ts'

export type Tone = 'neutral' | 'bad' | 'good' | 'warn' | 'accent' | 'canary' | 'control' | 'deterministic'

const tones: Record<Tone, string> = {
  neutral: 'bg-sunken text-muted',
  bad: 'bg-bad-soft text-bad',
  good: 'bg-good-soft text-good',
  warn: 'bg-warn-soft text-warn',
  accent: 'bg-accent-soft text-accent-strong',
  canary: 'bg-canary-soft text-canary',
  control: 'bg-control-soft text-control',
  deterministic: 'bg-deterministic-soft text-deterministic',
}

/** A mark and a word: never colour alone. */
export function Badge({
  tone = 'neutral',
  icon: Icon,
  children,
  title,
  className,
}: {
  tone?: Tone
  icon?: LucideIcon
  children: ReactNode
  title?: string
  className?: string
}) {
  return (
    <span
      title={title}
      className={classes(
        'inline-flex h-5 max-w-full items-center gap-1 whitespace-nowrap rounded-sm px-1.5 text-sm',
        tones[tone],
        className,
      )}
    >
      {Icon && <Icon size={12} aria-hidden className="shrink-0" />}
      <span className="truncate">{children}</span>
    </span>
  )
}

type Mark = { tone: Tone; icon: LucideIcon; word?: string }

/** How each state looks, for runs, traces, spans, tools, arms and feedback alike. */
const marks: Record<string, Mark> = {
  ok: { tone: 'neutral', icon: Check },
  done: { tone: 'neutral', icon: Check },
  completed: { tone: 'neutral', icon: Check },
  unset: { tone: 'neutral', icon: Minus, word: 'no status' },
  error: { tone: 'bad', icon: CircleAlert },
  failed: { tone: 'bad', icon: CircleAlert },
  empty: { tone: 'warn', icon: SearchX },
  interrupted: { tone: 'warn', icon: Hand },
  waiting: { tone: 'warn', icon: Hand, word: 'waiting for you' },
  cancelled: { tone: 'neutral', icon: Ban },
  queued: { tone: 'neutral', icon: Clock },
  running: { tone: 'accent', icon: LoaderCircle },
  ai: { tone: 'neutral', icon: Bot, word: 'AI' },
  deterministic: { tone: 'deterministic', icon: Workflow },
  off: { tone: 'deterministic', icon: Workflow },
  canary: { tone: 'canary', icon: Flag },
  control: { tone: 'control', icon: Flag },
  preview: { tone: 'canary', icon: Eye },
  default: { tone: 'control', icon: Minus },
  negative: { tone: 'bad', icon: ThumbsDown },
  positive: { tone: 'good', icon: ThumbsUp },
}

/** The badge of a known state; an unknown one shows its own word. */
export function StatusBadge({ status, children, title }: { status: string; children?: ReactNode; title?: string }) {
  const mark = marks[status] ?? { tone: 'neutral', icon: CircleDashed }
  return (
    <Badge tone={mark.tone} icon={mark.icon} title={title}>
      {children ?? mark.word ?? status}
    </Badge>
  )
}
